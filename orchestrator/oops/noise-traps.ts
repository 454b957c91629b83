/**
 * Whole families of functions that report, unwind and lead to a report. Exact names and anchored patterns only, divided
 * by white space; what they are taken from stands beside them. What works for many callers is in noise-helpers.ts.
 */

/** What reports, by the tool's name anywhere in the function's: mm/kasan, mm/kmsan, mm/kfence, kernel/kcsan, lib/ubsan.c, kernel/kcov.c. */
export const TOOLS = `
  \\w*(?:kasan|kmsan|kcsan|kfence|ubsan|kmemleak)_\\w+ _*(?:asan|hwasan|msan|tsan|sanitizer|sancov|kcov)_\\w+
  check_kcov_mode in_softirq_really find_watchpoint check_access insert_report_filterlist
  _*should_fail\\w* _*should_failslab fail_dump fail_stacktrace
  (?:\\w+_)?panic(?:_\\w+)? _*report_bug\\w* report_ubsan_failure was_reported suppress_report
  val_to_string get_(?:un)?signed_val handle_(?:overflow|misaligned_access|null_ptr_deref|object_size_mismatch)
  \\w+_(?:bug|brk|cfi)_handler _*die(?:_\\w+)? _*dump_stack\\w* dump_(?:backtrace|page|vma|mm|mapping)\\w*
  show_(?:stack|regs|trace|ip|iret|opcodes|code|pte|fault)\\w* print_(?:tainted|modules|oops|unreferenced|hex|address|worker|stack)\\w*
  get_taint test_taint add_taint\\w* (?:\\w+_)?ass(?:ert)?_?fail(?:ed)? object_err slab_\\w+ \\w+_is_static_object
  \\w+_fixup_(?:activate|free|init|assert_init|destroy) _*fortify_\\w+ _*(?:read|write)_overflow\\w*
`;

/** Stack walking: arch/X/kernel/stacktrace.c, unwind_orc.c, unwind_frame.c, dumpstack.c; kernel/stacktrace.c, lib/stackdepot.c. */
export const UNWINDING = `
  (?:arch_)?stack_(?:trace|walk|access|type|depot)_\\w+ arch_stack_walk\\w* walk_stackframe\\w* _*stack_depot_\\w+
  depot_\\w+ filter_irq_stacks save_(?:stack|trace)\\w* unwind_\\w+ _*orc_\\w+ deref_stack_\\w+ update_stack_state
  get_stack_info\\w* in_(?:task|irq|entry|exception|overflow|sdei)_stack\\w* _*(?:kernel|core_kernel|module)_text_address
  _*read_once_word_nocheck read_word_at_a_time get_wchan stack_trace_consume_entry\\w* notrace_walk_stackframe
  lookup_address\\w* sprint_symbol\\w* kallsyms_\\w+
`;

/** Exceptions on their way to a report, all of an architecture's: arch/X/kernel/traps.c, entry*.S, mm/fault.c, mm/extable.c. */
export const TRAPS = `
  (?:do_|exc_|asm_exc_|xen_|xenpv_exc_)?(?:divide_error|overflow|bounds|invalid_op|invalid_TSS|segment_not_present|stack_segment|general_protection|page_fault|spurious_interrupt_bug|coprocessor_error|coprocessor_segment_overrun|alignment_check|simd_coprocessor_error|machine_check|double_fault|int3|device_not_available|control_protection|nmi)
  (?:asm_)?(?:exc|sysvec|fred)_\\w+ async_page_fault error_(?:entry|return|exit) paranoid_(?:entry|exit) idtentry_\\w+
  trap_init do_(?:error_)?trap\\w* fixup_(?:exception|bug)\\w* ex_handler_\\w+ search_exception_tables? \\w*_oops
  (?:hash_)?_*do_(?:page|translation|kernel|kern_addr|user_addr|sect|permission|alignment|tag_check|tag_recovery|tag_recover|bad|access|async_page|sync_external)_fault\\w*
  do_(?:mem_abort|sp_pc_abort|sea|serror|bti|gcs_exception|cptr_exception|fpac|undefinstr|el[01]_\\w+|debug_exception|sve_acc|sysinstr|DataAbort|PrefetchAbort|undef_instr|unexp_fiq)
  el1_?\\w* el1[ht]_\\w+ early_brk64 call_(?:break|step|undef|el1_break)_hook _*(?:und|pabt|irq|fiq)_(?:svc|fault)\\w*
  _*bad_(?:area|kernel_pc|page_fault|stack)\\w* (?:_*bad_)?no_context\\w* mm_fault_error\\w* pgtable_bad spurious_\\w*fault\\w*
  kernelmode_fixup\\w* handle_(?:bug|stack_overflow|bad_stack|page_fault|exception|break|reserved|fpe\\w*|tlb\\w*|ade\\w*|adel\\w*|ades\\w*|ri\\w*|bp\\w*|tr\\w*|cfi_failure|ubsan_failure)
  (?:\\w+_)?(?:exception|interrupt)_(?:common|handler|return|exit)\\w* \\w+_(?:common_virt|common_real) \\w*program_check\\w* (?:unknown|alignment|facility_unavailable|single_step|emulation_assist|machine_check|instruction_breakpoint)_(?:exception|interrupt)
  _*do_pgm_check pgm_check\\w* (?:addressing|divide|execute|operand|overflow|hfp_\\w+|space_switch|special_op|specification|translation|transactional|vector|monitor_event|data)_exception illegal_op privileged_op default_trap_handler
  do_(?:ade|adel|ades|bp|tr|ri|fpe|ale|watch|mcheck|dsp|cpu|msa|ov|be|reserved|bce|lsx|lasx|lbt) tlb_do_page_fault\\w* excp_vect_table
`;
