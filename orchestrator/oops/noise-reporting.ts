/** Functions that report, and the exceptions that lead to a report: they never name a bug. See noise-tables.ts. */

/** What prints, checks and unwinds. */
export const REPORTING = `
  dump_stack dump_stack_lvl dump_backtrace show_stack show_regs.* show_trace.* print_.*
  k[ac]san_.* __k[acm]san_.* kmsan_.* __asan_.* __msan_.* __tsan_.* check_memory_region.*
  check_region_inline memory_is_.* kfence_.* __kfence_.* ubsan_.* __ubsan_.* val_to_string
  _*panic panic_bad_stack handle_bad_stack __bad_stack vpanic nmi_panic
  check_panic_on_warn print_tainted _*warn.* report_bug fixup_bug.* handle_bug do_error_trap
  do_trap.* do_invalid_op invalid_op do_general_protection general_protection exc_.* asm_exc_.* page_fault
  do_page_fault __do_page_fault do_user_addr_fault do_kern_addr_fault handle_page_fault async_page_fault
  error_entry bad_area.* __bad_area.* no_context page_fault_oops kernelmode_fixup.* die __die die_.*
  oops_.* do_double_fault double_fault do_int3 int3 do_mem_abort do_translation_fault do_bad_area el1.*
  __do_kernel_fault do_undefinstr do_debug_exception brk_handler bug_handler call_break_hook do_el1_.*
  die_kernel_fault do_tag_check_fault do_alignment_fault do_DataAbort __pabt_svc __und_svc
  __und_svc_finish do_PrefetchAbort __irq_svc do_bad do_sect_fault do_alignment arm_notify_die
  make_task_dead save_stack.* unwind_.*
  __x86_indirect_thunk_.* __x86_return_thunk set_track.* kasan_set_track
  kernel_text_address __kernel_text_address printk _printk vprintk.*
  _?dev_(?:printk|err|warn|info|crit|emerg|alert|notice).* dev_vprintk_emit __dev_printk
  _*netdev_(?:printk|err|warn|info) va_format console_(?:unlock|flush.*|trylock.*|emit.*|cont.*)
  call_console_drivers __vprintk.* add_taint.* oops_enter oops_exit bust_spinlocks crash_.*
  __crash_kexec fault_in_.* should_fail.* fail_dump object_err slab_err
  slab_bug slab_fix end_report start_report instrument_.* kmsan.* __fortify_(?:report|panic) fortify_panic
  usercopy_.* __check_object_size check_object_size check_heap_object check_.*_report
  __virt_to_phys.* virt_to_phys.* rust_helper_.*
  _RN[A-Za-z]*.*(?:9panicking|rust_begin_unwind|_4core[36].*).*
`;

/** Exceptions on their way to the report, by architecture: arch/X/kernel/traps.c, entry.S, mm/fault.c. */
export const EXCEPTIONS = `
  program_check_exception program_check_common.* do_program_check interrupt_return_.* data_access_.*
  ___bad_page_fault bad_page_fault hash__do_page_fault alignment_exception alignment_common.*
  __do_pgm_check pgm_check_.* do_protection_exception do_dat_exception illegal_op monitor_event_exception
  do_no_context handle_fault_error.* do_fault_error handle_exception handle_break ret_from_exception
  do_bp do_tr do_ri do_ade handle_bp.* handle_tlb.* tlb_do_page_fault.* __und_fault
  do_kernel_fault do_sea do_sp_pc_abort do_serror arm64_serror_panic bug_brk_handler kasan_handler
  ubsan_brk_handler cfi_handler do_brk64 call_el1_break_hook early_brk64 math_error handle_stack_overflow
  __die_body notify_die fred_.* asm_fred_.* handle_cfi_failure report_cfi_failure decode_cfi_insn
  handle_ubsan_failure
`;
