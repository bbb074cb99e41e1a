/* Resource limits by name, and ranges as policies write them. */
#include "rlimits.h"

#include <string.h>
#include <sys/resource.h>

#include "text.h"

/* clang-format off */
const char *const rlimit_names[] = {
	"as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile",
	"nproc", "rss", "rtprio", "rttime", "sigpending", "stack", NULL,
};
static const __rlimit_resource_t numbers[] = {
	RLIMIT_AS, RLIMIT_CORE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_MEMLOCK,
	RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RSS, RLIMIT_RTPRIO,
	RLIMIT_RTTIME, RLIMIT_SIGPENDING, RLIMIT_STACK,
};
/* clang-format on */

int rlimit_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (text_equal(name, rlimit_names[i]))
			return (int)numbers[i];
	}
	return -1;
}

static int parse_half(const char *text, size_t len, uint64_t *ret_limit)
{
	char half[24];

	if (len >= sizeof(half))
		return -1;
	memcpy(half, text, len);
	half[len] = '\0';
	if (text_equal(half, "unlimited")) {
		*ret_limit = RLIM_INFINITY;
		return 0;
	}
	return parse_u64(half, ret_limit);
}

int rlimit_parse(struct rlimit_range *ret_range, const char *text, struct error *e)
{
	const char *colon = text ? strchr(text, ':') : NULL;
	struct rlimit_range range;

	if (!colon || parse_half(text, (size_t)(colon - text), &range.soft) < 0 ||
	    parse_half(colon + 1, strlen(colon + 1), &range.hard) < 0)
		return error_set(e, ERR_POLICY,
				 "not SOFT:HARD such as \"1024:4096\" or \"0:unlimited\"");
	if (range.soft > range.hard)
		return error_set(e, ERR_POLICY, "the soft limit is above the hard one");
	*ret_range = range;
	return 0;
}
