/* Names of capabilities. */
#include "caps.h"

#include <linux/capability.h>

#include "tap.h"
#include "text.h"

int main(void)
{
	int count = 0;
	bool is_round = true;

	ok(caps_number("CAP_CHOWN", false) == 0, "caps: CAP_CHOWN is number 0");
	ok(caps_number("CAP_NET_ADMIN", false) == CAP_NET_ADMIN, "caps: a name has its number");
	ok(caps_number("NET_ADMIN", false) == -1, "caps: for runtimes the prefix is needed");
	ok(caps_number("NET_ADMIN", true) == CAP_NET_ADMIN, "caps: people may leave it out");
	ok(caps_number("CAP_NET_ADMIN", true) == CAP_NET_ADMIN, "caps: people may write it");
	ok(caps_number("cap_chown", true) == -1, "caps: lower case is no capability");
	ok(caps_number("CAP_CAP_CHOWN", true) == -1, "caps: the prefix stands once");
	ok(caps_number("CHOWN ", true) == -1, "caps: nothing behind the name");
	ok(caps_number("0", true) == -1, "caps: a number is no name");
	ok(caps_number("CAP_41", false) == -1 && caps_number("CAP_63", false) == -1,
	   "caps: what has no name has no number");
	ok(caps_number("", true) == -1 && caps_number("CAP_", true) == -1 &&
		   caps_number(NULL, true) == -1,
	   "caps: nothing is no capability");
	is_text(caps_name(CAP_SYS_ADMIN), "CAP_SYS_ADMIN", "caps: a number has its name");
	ok(!caps_name(-1) && !caps_name(64) && !caps_name(1000), "caps: others have none");

	for (; caps_words()[count]; count++) {
		const char *name = caps_name(count);

		is_round = is_round && name && caps_number(name, false) == count &&
			   caps_number(caps_words()[count], true) == count;
	}
	ok(count > CAP_CHECKPOINT_RESTORE && is_round,
	   "caps: all %d names lead to their numbers and back", count);
	is_text(text_nearest("NET_ADMN", caps_words()), "NET_ADMIN",
		"caps: words for 'did you mean'");
	return done_testing();
}
