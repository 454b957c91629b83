/**
 * Whole families of helpers: every function of a kernel file, or of a kind, that works for many callers. Exact names
 * and anchored patterns only, divided by white space; what they are taken from stands beside them.
 */

/** Text and numbers: lib/vsprintf.c, string*.c, kstrtox.c, hexdump.c, seq_buf.c, parser helpers, fs/seq_file.c, lib/crc*, lib/sort.c. */
export const TEXT = `
  va_format widen_string string_nocheck err_ptr error_string number special_hex_number bdev_name \\w*dentry_name netdev_bits
  (?:symbol|hex|bitmap|bitmap_list|mac_address|uuid|ip4?|ip4_addr|ip6|ip6_addr|ip_addr|ip6_compressed|resource|escaped|address|flags|pointer|fourcc|time|fwnode|device_node)_(?:string|val)(?:_sa)?
  v?sscanf v?bin_printf bstr_printf bprintf format_decode put_dec\\w* num_to_str simple_strto\\w+ _*kstrto\\w+
  _parse_integer\\w* seq_(?:v?printf|put\\w+|write|escape\\w*|hex_dump|pad|path|file_path|dentry) seq_buf_\\w+
  stpcpy strlcat skip_spaces strim strreplace match_string _*sysfs_(?:streq|match_string) memweight memset(?:16|32|64|_l|_p|_io|_explicit)
  memzero_explicit memcpy_\\w+ check_bytes8 strndup_user v?memdup\\w* kv?memdup\\w* hex2bin hex_to_bin hex_byte_pack
  _*crc(?:4|7|8|16|32|32c|64|_t10dif|_ccitt|_itu_t)\\w* crc32_(?:le|be)\\w* chksum_\\w+ bsearch list_sort\\w* cmp_int sort_r?\\w* glob_match
`;

/** Memory of the caller's: lib/iov_iter.c copies, mm/maccess.c, lib/iomap.c and asm/io.h, highmem.h, mm.h page helpers, swap.c folio_put(). */
export const ACCESS = `
  _*copy_(?:struct|safe|folio|page|user|highpage|mc|to|from|in)\\w* _*copy(?:in|out)\\w* memcpy_(?:to|from)_\\w+ iterate_\\w+ check_zeroed_user
  \\w+_(?:to|from)_sockptr\\w* \\w+_(?:kernel|user)_nofault\\w* _*probe_kernel_(?:read|write) probe_user_\\w+ _*clear_(?:user|highpage|huge)\\w*
  zero_user\\w* memzero_page _*get_user_\\w*nocheck\\w* _*strn?(?:cpy|len)_(?:from_)?user\\w* rep_\\w+_alternative
  _*(?:ioread|iowrite)\\w+ _*(?:in|out)s?[bwl](?:_p)? _*(?:raw_)?(?:read|write)s?[bwlq](?:_relaxed|_be)? mmio_(?:in|out)s[bwl] logic_(?:in|out)s?[bwl] pio_\\w+ bad_io_access
  k(?:un)?map_(?:local|atomic)\\w* _*kmap\\w* _*kunmap\\w* (?:get|put|try_get)_page\\w* page_(?:ref|to_\\w+|address|mapcount|count)\\w* _*page_ref_\\w+
  (?:_*compound|page_fixed_fake)_head folio_(?:ref|get|put|try_get|test|set|clear|lock|unlock|trylock)\\w* Page[A-Z][A-Za-z0-9]+ put_unused_page
  _*debug_dma_\\w+ (?:add|remove|hash)_dma_entry check_(?:unmap|sync|for_stack|for_illegal_area)
  (?:mark|lock|unlock|get|put|__lock|wait_on)_(?:buffer|bh)\\w* mark_buffer_\\w+ _*b(?:relse|forget)
`;

/** Concurrency: lib/atomic, bitops, kernel/locking/*, kernel/rcu callbacks, kernel/workqueue.c, time/{timer,hrtimer}.c, sched/{swait,wait,completion}.c as seen by who calls them. */
export const CONCURRENCY = `
  \\w*atomic(?:64|_long)?_(?:read|set|inc|dec|add|sub|and|or|xor|andnot|try|xchg|cmpxchg|fetch|long|cond|add_unless)\\w*
  _*atomic_dec_and_\\w+ _*(?:cmp)?xchg\\w* _*(?:arch_|generic_|raw_)?cmpxchg\\w* _*xadd\\w* (?:const|variable|constant)_\\w+_bit
  __bfs\\w* graph_(?:un)?lock zap_class add_lock_to_list \\w*lock_classe?s? debug_locks_off\\w* __print_lock_name
  rtlock_\\w+ _*rwbase_\\w+ downgrade_write _*init_rwsem _*rwlock_init percpu_(?:rwsem|free_rwsem|is_read)\\w* __raw_callee_save_\\w+ kvm_kick\\w*
  (?:task_rq|__task_rq|rq|raw_spin_rq|double_rq)_(?:un)?lock\\w* raw_spin_rq_\\w+ \\w+_write_(?:un)?lock\\w*
  mark_wakeup_next_waiter remove_waiter try_to_take_rt_mutex wake_q_add\\w* _*wake_q_\\w+
  kv?free_(?:call_)?rcu\\w* add_ptr_to_bulk_krc_lock rcu_segcblist_\\w+ rcu_cblist_\\w+ debug_rcu_\\w+ queue_rcu_work flush_rcu_work init_rcu_head\\w*
  (?:\\w*queue|mod|cancel|disable|enable|flush)_(?:delayed_)?work(?:_on|_sync|_node)? schedule_(?:delayed_)?work\\w* work_grab_pending get_work_(?:pool|pwq) set_work_\\w+ insert_wq_barrier
  is_chained_work clear_pending_if_disabled kthread_(?:queue|mod|cancel|flush|insert|init)_(?:delayed_)?work\\w* __kthread_(?:queue|cancel)_work\\w* __init_work touch_w(?:ork|q)_lockdep_map
  _*init_timer\\w* timer_setup\\w* timer_init_key do_init_timer timer_(?:delete|shutdown|reduce|sync_wait_running|pending)\\w* sk_(?:stop|reset)_timer\\w* destroy_timer_on_stack try_to_del_timer\\w* internal_add_timer detach_timer
  hrtimer_(?:forward|setup|sleeper|reprogram|force)\\w* _*hrtimer_(?:init|setup)\\w* (?:un)?lock_hrtimer_base _*remove_hrtimer debug_(?:de)?activate
  _*init_(?:s)?wait\\w* _*(?:finish|prepare_to)_s?wait\\w* swake_\\w+ __wake_up\\w+ complete_\\w+ try_wait_for_completion completion_done woken_wake_function wake_bit_function var_wake_function
  irq_work_(?:queue|sync)\\w* __irq_work_\\w+ tasklet_(?:kill|disable|setup|init|schedule|hi_schedule)\\w* __tasklet_\\w*schedule\\w*
`;

/** Cores of device classes as their drivers call them in probe() and remove(): what is registered twice or freed is the driver's. */
export const CLASS_CORES = `
  (?:hwrng|i2c|spi|led_classdev|led_trigger|power_supply|hwmon_device|rtc|watchdog|thermal_zone_device|backlight_device|tty|tty_port|regulator|clk|gpiochip_irqchip|pm_qos|wakeup_source|nvmem|pwmchip|ptp_clock)_(?:add|del|(?:un|de)?register|remove)(?:_(?:device|adapter|driver|client|irq|numbered)\\w*|ed|_ext|_with_\\w+|_parent)?
  __(?:un)?register_client __(?:un)?register_dummy (?:un)?register_(?:chrdev|blkdev)_region class_(?:register|unregister|create|destroy|find|dev)\\w* __class_\\w+
  device_(?:shutdown|rename|offline|online|links_\\w+|pm_\\w+|block_\\w+|wakeup_\\w+) dev_pm_\\w+ pm_generic_\\w+
  proc_(?:register|create|mkdir|symlink|net|remove|alloc)\\w* remove_proc_(?:entry|subtree) __proc_create debugfs_(?:create|remove|lookup)\\w*
`;

/** All that the name of a kind of object begins: its core works for whoever owns the object. */
export const OBJECTS = `
  _*(?:mutex|ww_mutex|rt_?mutex|rwsem|call_rwsem|rwbase|percpu_rwsem|ldsem|osq|lockdep|lockref|rtlock|semaphore)_\\w+ \\w*rt_mutex\\w*
  (?:mark|reacquire|find|match|print|debug_show|check)_(?:all_)?(?:held_)?locks?(?:_\\w+)? _*(?:down|up)(?:_\\w+)? tty_ldisc_(?:un)?lock\\w*
  _*(?:local_bh|local_irq|local_lock|preempt|raw_local_irq|arch_local)_\\w+ \\w*seq(?:prop|count)\\w* _*(?:spin|rwlock)_(?:bug|dump)
  _*(?:list|hlist|hlist_bl|hlist_nulls|plist|klist|llist|rb|rhashtable|rhltable|rht)_\\w+ _*(?:xas|xa|ida|idr|mas|mtree|mt)_\\w+
  _*(?:refcount|kref|ref_tracker|kobject|kobj|kset|devres)_\\w+ (?:get|put)_(?:device|driver|bus|class|net) _*(?:dpm|pm_runtime|pm_generic|rpm)_\\w+
  _*debug_(?:object|timer|hrtimer|work|rcu|check|assert|print_object)\\w* _*(?:set|reset|split|copy|print)_page_owner\\w*
  \\w*k[cmvz]+alloc\\w* _*v[mz]alloc\\w* k\\w*(?:strdup|strndup|memdup|asprintf)\\w* _*k(?:v|z|vm|mem_cache_)?free(?:_\\w+)?
  _*(?:alloc|free|bad|check)_(?:new_|pcp_|the_|unref_|frozen_|compound_|large_|mapped_|zeroed_|contig_)?(?:page|pages|folio|folios)\\w* _*free_(?:unref|pcp)\\w*
  _*folio_(?:get|put|ref|try_get|lock|unlock)\\w* _*(?:un|try)?lock_(?:page|folio|buffer)\\w* \\w*read_(?:word|once)_\\w+
  _*mem(?:cpy|set|move|cmp|chr|scan|weight)\\w* \\w*_?copy_(?:from|to|in)_(?:user|iter|page|kernel)\\w* \\w*check_(?:heap_|page_|stack_)?object\\w*
  _*(?:phys|virt)_(?:addr|to)\\w* _*v?printk\\w* \\w+_taint(?:ed)?\\w* _*p?skb_(?:pull|push|put|panic|over_panic|under_panic)\\w*
  (?:print_)?hex_(?:dump|string|to_bin|byte)\\w* _*(?:del|add|mod|try_to_del)_timer\\w* _*timer_(?:delete|shutdown)\\w*
  _*(?:queue|insert|flush|cancel|mod|start_flush|try_to_grab)_(?:delayed_)?(?:work|pending)\\w* _*(?:k|kv|kfree_|kvfree_)?call_rcu\\w*
  complete(?:_all|_with_flags|_on_current_cpu|_acquire|_release)? \\w*(?:wait_for_completion|wait_for_common|wait_on_bit|bit_wait|out_of_line_wait)\\w*
  _*schedule(?:_(?:timeout|preempt|hrtimeout|debug|idle|bug|loop|rtlock)\\w*)? (?:lock|release)_sock(?:_nested)?
  (?:find_(?:lock|get)_entries|truncate_inode_pages|invalidate_inode_pages|invalidate_mapping_pages)\\w*
`;
