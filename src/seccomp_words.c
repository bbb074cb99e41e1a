/* The words of linux.seccomp and what they mean; one table for each kind. */
#include "seccomp_words.h"

#include <string.h>

#include "text.h"

static const struct {
	const char *word;
	uint8_t action;
} actions[] = {
	{ "SCMP_ACT_ALLOW", ACT_ALLOW },
	{ "SCMP_ACT_ERRNO", ACT_ERRNO },
	{ "SCMP_ACT_LOG", ACT_LOG },
	{ "SCMP_ACT_TRAP", ACT_TRAP },
	{ "SCMP_ACT_KILL", ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", ACT_KILL_PROCESS },
	{ "SCMP_ACT_TRACE", ACT_TRACE },
	{ "SCMP_ACT_NOTIFY", ACT_NOTIFY },
};

const char *const seccomp_action_words[] = {
	"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO",       "SCMP_ACT_LOG",          "SCMP_ACT_TRAP",
	"SCMP_ACT_KILL",  "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", NULL,
};

int seccomp_action_of(const char *word)
{
	for (size_t i = 0; word && i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].word, word) == 0)
			return actions[i].action;
	}
	return -1;
}

const char *seccomp_action_word(uint8_t action)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (actions[i].action == action)
			return actions[i].word;
	}
	return "SCMP_ACT_KILL_PROCESS";
}

const char *const seccomp_op_words[] = {
	"SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_LT",        "SCMP_CMP_LE",
	"SCMP_CMP_GT", "SCMP_CMP_GE", "SCMP_CMP_MASKED_EQ", NULL,
};

bool seccomp_test_of(struct seccomp_test *ret_test, bool *ret_never, const char *op, uint64_t value,
		     uint64_t value_two)
{
	struct seccomp_test test = { .value = value };
	bool is_never = false;

	if (text_equal(op, "SCMP_CMP_EQ")) {
		test.op = TEST_EQ;
	} else if (text_equal(op, "SCMP_CMP_NE")) {
		test.op = TEST_NE;
	} else if (text_equal(op, "SCMP_CMP_LE")) {
		test.op = TEST_LE;
	} else if (text_equal(op, "SCMP_CMP_GT")) {
		test.op = TEST_GT;
	} else if (text_equal(op, "SCMP_CMP_LT")) {
		is_never = value == 0;
		test = (struct seccomp_test){ .op = TEST_LE, .value = value - 1 };
	} else if (text_equal(op, "SCMP_CMP_GE")) {
		test = (struct seccomp_test){ .op = value ? TEST_GT : TEST_ANY,
					      .value = value ? value - 1 : 0 };
	} else if (text_equal(op, "SCMP_CMP_MASKED_EQ")) {
		if ((value_two & ~value) != 0)
			return false;
		test = (struct seccomp_test){ .op = TEST_MASK, .mask = value, .value = value_two };
	} else {
		return false;
	}
	*ret_never = is_never || !seccomp_test_trim(&test);
	*ret_test = test;
	return true;
}

const char *seccomp_op_word(const struct seccomp_test *test)
{
	switch ((enum seccomp_op)test->op) {
	case TEST_EQ:
		return "SCMP_CMP_EQ";
	case TEST_NE:
		return "SCMP_CMP_NE";
	case TEST_LE:
		return "SCMP_CMP_LE";
	case TEST_GT:
		return "SCMP_CMP_GT";
	case TEST_MASK:
		return "SCMP_CMP_MASKED_EQ";
	case TEST_ANY:
		break;
	}
	return "";
}

static const struct {
	const char *word;
	unsigned int bit;
} archs[] = {
	{ "SCMP_ARCH_X86_64", ARCH_X86_64 }, { "SCMP_ARCH_AARCH64", ARCH_AARCH64 },
	{ "SCMP_ARCH_X86", ARCH_X86 },       { "SCMP_ARCH_X32", ARCH_X32 },
	{ "SCMP_ARCH_ARM", ARCH_ARM },
};

unsigned int seccomp_arch_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (text_equal(archs[i].word, word))
			return archs[i].bit;
	}
	return 0;
}

const char *seccomp_arch_next(unsigned int mask, unsigned int *at)
{
	while (*at < ARRAY_SIZE(archs)) {
		unsigned int i = (*at)++;

		if (mask & archs[i].bit)
			return archs[i].word;
	}
	return NULL;
}
