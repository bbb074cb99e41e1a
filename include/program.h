/* The program that a container starts with, looked at inside its image. */
#ifndef MANTLET_PROGRAM_H
#define MANTLET_PROGRAM_H

#include "edit.h"

/*
 * The path of process.args[0] (found by PATH of process.env, as the runtime will) or of its "#!"
 * interpreter, when that is an ELF program for a 32-bit ABI (i386, x32, arm; elf(5)); NULL when it
 * is not or cannot be told. Text in the edit's arena, safe to print.
 */
const char *program_of_other_arch(struct edit *ed);

#endif
