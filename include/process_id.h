/* Which process it is, for good: pids are used again, so its start and its namespace belong to it.
 */
#ifndef MANTLET_PROCESS_ID_H
#define MANTLET_PROCESS_ID_H

#include <stdbool.h>
#include <stdint.h>

struct process_id {
	uint64_t pid;
	uint64_t started;       /* clock ticks since boot; proc_pid_stat(5), field 22 */
	uint64_t pid_namespace; /* inode of /proc/PID/ns/pid */
};

/* The calling process, which keeps all three across execve(2). False when /proc is not there or
 * shows another pid namespace than ours: then nothing can be said about pids. */
bool process_id_self(struct process_id *ret_id);

/* True when the process PID that was started at STARTED has surely ended; a zombie has. False as
 * soon as there is a doubt. */
bool process_id_has_ended(uint64_t pid, uint64_t started);

#endif
