/*
 * The files of policy/ as read-only bytes of the program (include/embed.h). The assembler copies
 * them as they are: no generated source, nothing to keep in step.
 */
	.section .rodata.embed, "a", %progbits

	.macro embed name, file
	.globl \name
	.hidden \name
	.globl \name\()_end
	.hidden \name\()_end
	.balign 16
\name:
	.incbin "\file"
\name\()_end:
	.byte 0
	.endm

	embed embed_restricted_1, "policy/restricted@1.json"
	embed embed_baseline_1, "policy/baseline@1.json"
	embed embed_observe_1, "policy/observe@1.json"
	embed embed_build_1, "policy/build@1.json"

	.section .note.GNU-stack, "", %progbits
