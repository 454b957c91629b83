/**
 * Functions that never name a bug: they report it, or they are the tool the
 * guilty function used. Data, by family. Exact names and anchored patterns only, divided by white space.
 */

/** Locks and what checks them. */
export const LOCKING = `
  lock_.*acquire.* lock_acquire.* lock_release.* __lock_.* lockdep_.* __lockdep_.* register_lock_class
  check_.*lock.* check_prev.* check_noncircular.* check_deadlock check_irq.*
  check_usage.* check_chain.* validate_chain mark_lock.* mark_usage find_held_lock
  match_held_lock valid_state debug_lockdep.* debug_check_no_.* trace_hardirqs.* trace_softirqs.*
  static_obj assign_lock_key alloc_list_entry save_trace lock_is_held.* lock_set_.* lock_downgrade
  lock_pin_lock lock_unpin_lock lock_repin_lock add_chain_.* lookup_chain.* seqcount_lockdep.*
  lock_sock_nested rt_mutex_.* __ldsem.*
  task_rq_lock do_write_seqcount.*
  write_seqcount.* percpu_down.* percpu_up.* __percpu_.* _*raw_(?:spin|read|write)_.* _*spin_.*
  _*(?:read|write)_(?:un)?lock.* do_raw_.* arch_spin.* queued_.* native_queued.* pv_.* __pv_.*
  arch_(?:read|write)_.* arch_atomic.* debug_spin.* spin_bug spin_dump rwlock_bug mutex_.*
  __mutex.* _mutex.* ww_mutex.* __ww_.* down down_(?:read|write|interruptible|killable|trylock|timeout).*
  __down.* up __up.* rwsem_.* __rwsem.* rt_mutex.*
  rt_(?:spin|read|write)_.* __rt_.* debug_mutex.* bit_spin_.* might_(?:sleep|fault|lock).* __might_.*
  ___might_.* __cant_.* lockref_.* hlist_bl_.* rcu_read_.* rcu_lock_.* rcu_note_.* __rcu_read_.*
  rcu_is_watching check_preemption_disabled debug_smp_processor_id __this_cpu_.* preempt_.*
  local_bh_.* _local_bh_.* arch_local_.* raw_local_.* irqentry_.* local_lock.* __local_lock.*
`;

/** Memory: allocators, copies, strings. */
export const MEMORY = `
  _*k[mvz]*alloc.* k[cv]?alloc.* kmem_cache_.* __kmem_cache.* kmem_alloc.* ___slab.*
  allocate_slab new_slab.* get_partial.* cache_alloc.* cache_grow.* cache_free.* ___cache_.* __cache_.*
  fallback_alloc _*kv?m?free(?:_sensitive|_const|_bulk)? __kvmalloc.* kvmalloc.* kzfree krealloc.*
  __do_krealloc.* __do_kmalloc.* __do_kmem.* do_slab_free __vmalloc.* vmalloc.* vfree.* __vfree
  __vunmap vunmap.* kmemdup.* kstrndup kasprintf v?s?n?printf vsnprintf snprintf
  sprintf vscnprintf scnprintf string string_nocheck hex_string print_hex_dump.*
  pointer bin2hex strnlen_user nstr.* strnstr free_large_kmalloc large_kmalloc.* ___kmalloc.*
  free_kmem.* free_slab __free_slab discard_slab put_cpu_partial unfreeze_partials.* qlink_free
  quarantine_.* debug_check_no_obj_freed _*alloc_pages.* __alloc_.*pages.* alloc_frozen_pages.*
  __alloc_frozen.* get_page_from_freelist prep_new_page post_alloc_hook __get_free_pages.*
  get_zeroed_page.* free_pages.* free_the_page free_pcp.* __page_pool.*
  page_pool_alloc.* free_pages_check.* bad_page_.* page_frag_.*
  __folio_alloc.* folio_alloc.* vma_alloc.* page_expected_state rmqueue.* __rmqueue.*
  check_(?:pcp|new|free)_.* free_compound_page put_page.* __put_page folio_put.*
  release_pages free_frozen.* __free_frozen.* _*memcpy.* _*memset.* _*memcmp.* _*memchr.*
  memscan memparse
  _*str(?:n?len|n?cmp|n?cpy|scpy|lcpy|r?n?chr|str|n?cat|pbrk|spn|cspn|sep|dup|im|casecmp|ncasecmp).*
  sized_strscpy bcmp _*copy_(?:from|to|in)_(?:user|iter).* _copy_.* __copy_.*
  copy_user.* copyin copyout raw_copy_.* clear_user __clear_user clear_huge.* _*get_user.*
  _*put_user.* __arch_copy.* strncpy_from_user dma_.*
  __crc32.* crc_ccitt.* __(?:raw_)?(?:read|write)[bwlq] _*raw_(?:read|write)[bwlq]
  io(?:read|write)(?:8|16|32|64).* __memdup.* bitmap_.* __bitmap.* _?find_(?:first|next|last)_.*
  __find_.*bit (?:test|set|clear)_bit.* (?:__)?test_and_.*
  _atomic_dec_and_lock.* __xchg.* csum_.*
  _*hweight.* sort sort_r __radix_tree.*
  radix_tree_(?:lookup|insert|delete|tag|next|gang|iter|load|descend).*
  find_get_entr.* folio_(?:un)?lock.*
  __folio_.*lock.* __xa_.* xa_(?:load|store|erase|find|insert|alloc|destroy|get|clear|cmpxchg|extract).*
  idr_.* mas_.* mtree_.*
  (?:arch|generic|const|constant|variable|_|__|___)_?test_bit.* (?:arch|generic|_|__)_?_*(?:set|clear|change)_bit.*
  crc(?:4|7|8|64|_t10dif).* rep_(?:movs|stos)_alternative _inline_copy_.* copy_mc_.* raw_atomic.*
  (?:__|raw_|arch_)cmpxchg.*
`;

/** Counters, lists, trees, queues, objects, timers, waiting. */
export const CONTAINERS = `
  set_page_owner.*
  pcpu_mem_zalloc create_object __create_object
  printk_safe_.* __fortify_.* __skb_(?:pull|push|put).* pskb_.*pull.* assfail refcount_.*
  __refcount.* kref_.* _*list_.* __hlist.* hlist_.* plist_.* rb_.*
  __rhashtable.* rht_.* rhltable_.* timerqueue_(?:add|linked) llist_.* ODEBUG debug_object.*
  debug_print_object debug_check_.* debug_timer.* debug_hrtimer.* debug_work.*
  debug_rcu.* debug_assert.* lookup_object_or_alloc __debug_check.* work_fixup.*
  kobject_.* kobj_.* kset_.* get_device
  device_(?:add|del|unregister|register|initialize|release|create.*|destroy|remove_.*|move|rename)
  __device_.* bus_(?:remove|add|unregister|register)_.* device_release_driver.*
  driver_(?:register|unregister|detach|attach) sysfs_.* __sysfs_.* __kernfs_.*
  kernfs_(?:find|get|put|remove|create|add|new|link|unlink|active|drain|next|path|name).*
  release_nodes devm_.* get_device_parent cleanup_glue_dir device_for_each_child.*
  tty_register_device.* i2c_unregister_device kthread_stop
  rollback_registered.* unregister_netdev.* perf_trace_(?:init|destroy)
  tp_perf_event_destroy _?free_event perf_tp_.* device_pm_.* pm_runtime_.* __pm_.* rpm_.* schedule
  __schedule __schedule_(?:bug|loop)
  preempt_schedule.* _*cond_resched _cond_resched io_schedule.* __switch_to.* context_switch
  wait_for_completion.* __wait_for_common do_wait_for_common wait_for_common do_wait_intr.* __wait_on_.*
  wait_on_bit.* bit_wait.* wait_woken finish_wait prepare_to_wait.* add_wait_queue.*
  _*wake_up(?:_(?:q|process|state|bit|var|all|interruptible|sync|poll|klogd|common|locked|pollfree|idle|nohz)[a-z_]*)?
  try_to_wake_up autoremove_wake.* default_wake.* complete_all complete_with.* swake_up.*
  timer_delete.* timer_shutdown.*
  detach_if_pending lock_timer_base mod_timer.* add_timer.* _*queue_work.*
  mod_delayed_work.* _*flush_work.* start_flush_work
  flush_delayed_work cancel_(?:delayed_)?work.* __cancel_work.* drain_workqueue
  check_flush_dependency hrtimer_(?:cancel|start|try|active|init).* __hrtimer_start.* enqueue_hrtimer
  remove_hrtimer ktime_get.* usb_kill_.* usb_poison_.* usb_unlink_.* read_pnet write_pnet get_net put_net
  smp_call_function.* generic_exec_single on_each_cpu.* task_work_add static_key.* __static_key.*
  __static_call.* up_console.* down_trylock_console.* fput dput fast_dput retain_dentry iput
  __brelse arch_static_.* rcu_dereference.* kvfree_call_rcu
  srcu_read_.* __srcu_read_.* read_seq.* virt_to_.* __virt_.* get_order IS_ERR.* ERR_PTR PTR_ERR __fget.*
`;
