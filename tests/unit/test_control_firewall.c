/* The controls metadata, egress and ingress: the two capabilities, the host's network, the checks
 * of their settings. What is loaded is another test's affair (test_net_attach.c). */
#include "net_control.h"
#include "trial.h"

#define CAPS(list)                                                                                 \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\","                  \
	"\"capabilities\":{\"bounding\":" list ",\"effective\":" list ",\"inheritable\":" list     \
	",\"permitted\":" list ",\"ambient\":" list "}},\"root\":{\"path\":\"rootfs\"},"           \
	"\"linux\":{\"namespaces\":[{\"type\":\"network\"}]}}"
#define NET(namespaces)                                                                            \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\","                  \
	"\"capabilities\":{\"bounding\":[],\"effective\":[],\"inheritable\":[],\"permitted\":[],"  \
	"\"ambient\":[]}},\"root\":{\"path\":\"rootfs\"},\"linux\":{\"namespaces\":[" namespaces   \
	"]}}"

static const struct control *const firewall[] = { &control_metadata, &control_egress,
						  &control_ingress };

static void capabilities(const struct control *control)
{
	struct trial t;

	trial_modes("what Docker gives", control, ENGINE_DOCKER,
		    CAPS("[\"CAP_CHOWN\",\"CAP_NET_RAW\",\"CAP_KILL\"]"), "{}", NULL);
	trial_modes("--cap-add NET_ADMIN", control, ENGINE_DOCKER,
		    CAPS("[\"CAP_CHOWN\",\"CAP_NET_ADMIN\",\"CAP_NET_RAW\"]"), "{}",
		    "--cap-add NET_ADMIN gets around the container's firewall");
	/* Other runtimes than runc take names in other spellings. */
	trial_modes("a name that is none", control, ENGINE_PLAIN, CAPS("[\"cap_net_raw\"]"), "{}",
		    "process.capabilities with a name that is no capability");
	trial_stays("a set without the two", control, ENGINE_DOCKER,
		    CAPS("[\"CAP_CHOWN\",\"CAP_NET_BIND_SERVICE\",\"CAP_SYS_ADMIN\"]"), "{}");

	if (trial_start(&t, ENGINE_DOCKER, CAPS("[\"CAP_NET_RAW\",\"CAP_CHOWN\"]"))) {
		trial_run(&t, control, MODE_FIX, "{}");
		is_text(trial_value(&t, "process", "capabilities"),
			"{\"bounding\":[\"CAP_CHOWN\"],\"effective\":[\"CAP_CHOWN\"],"
			"\"inheritable\":[\"CAP_CHOWN\"],\"permitted\":[\"CAP_CHOWN\"],"
			"\"ambient\":[\"CAP_CHOWN\"]}",
			arena_printf(t.arena,
				     "firewall: %s takes it from all five sets and nothing else",
				     control->id));
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_PLAIN,
			TRIAL_DOC(",\"linux\":{\"namespaces\":["
				  "{\"type\":\"network\"}]}"))) {
		trial_run(&t, control, MODE_FIX, "{}");
		ok(trial_count(&t, EDIT_FILL) == 5, "firewall: %s writes sets that are missing",
		   control->id);
		trial_end(&t);
	}
}

static void exec(const struct control *control)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_DOCKER, CAPS("[\"CAP_NET_ADMIN\",\"CAP_NET_RAW\"]")))
		return;
	t.scope = SCOPE_PROCESS;
	t.facts.created =
		(struct create_request){ .is_known = true, .capabilities = UINT64_C(1) << 13 };
	trial_run(&t, control, MODE_DENY, "{}");
	is_text(trial_asked(&t),
		"exec --privileged with NET_ADMIN gets around the container's firewall",
		arena_printf(t.arena, "firewall: %s names what exec asks beyond the create request",
			     control->id));
	is_text(trial_value(&t, "process", "capabilities", "bounding"), "[]",
		arena_printf(t.arena, "firewall: %s cuts exec too", control->id));
	trial_end(&t);
	if (!trial_start(&t, ENGINE_DOCKER, TRIAL_DOC("")))
		return;
	t.scope = SCOPE_PROCESS;
	trial_run(&t, control, MODE_DENY, "{}");
	ok(trial_edits(&t) == 0 && !t.journal.refusals && !t.journal.notes,
	   "firewall: %s leaves an exec with the container's own capabilities", control->id);
	trial_end(&t);
}

static void host_network(void)
{
	static const char *const hosts[] = { NET("{\"type\":\"pid\"}"),
					     NET("{\"type\":\"network\",\"path\":"
						 "\"/proc/self/ns/net\"}") };
	struct trial t;

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		if (!trial_start(&t, ENGINE_DOCKER, hosts[i]))
			continue;
		trial_run(&t, &control_metadata, MODE_DENY, "{}");
		ok(!t.journal.refusals && t.journal.notes &&
			   strstr(t.journal.notes->text, "host's network"),
		   "firewall: metadata on the host's network (%zu) is a note", i);
		trial_run(&t, &control_egress, MODE_FIX, "{}");
		ok(journal_is_refused(&t.journal), "firewall: egress there (%zu) is refused", i);
		is_text(trial_asked(&t), "--network host leaves no place for the rules of 'egress'",
			"firewall: ... in these words");
		trial_run(&t, &control_ingress, MODE_AUDIT, "{}");
		ok(!journal_is_refused(&t.journal) && t.journal.refusals,
		   "firewall: under audit (%zu) that is only recorded", i);
		trial_end(&t);
	}
}

static enum net_place place_of(const char *text)
{
	enum net_place place = NET_PLACE_HOST;
	struct ns_id id;
	struct trial t;

	if (trial_start(&t, ENGINE_DOCKER, text)) {
		place = net_place_of(&t.doc, &id);
		trial_end(&t);
	}
	return place;
}

static void places(void)
{
	ok(place_of(NET("")) == NET_PLACE_HOST, "firewall: no entry is the host's network");
	ok(place_of(NET("{\"type\":\"network\"}")) == NET_PLACE_OWN,
	   "firewall: an entry is an own one");
	ok(place_of(NET("{\"type\":\"network\",\"path\":\"\"}")) == NET_PLACE_OWN,
	   "firewall: an empty path is none");
	ok(place_of(NET("{\"type\":\"network\",\"path\":\"/proc/self/ns/net\"}")) == NET_PLACE_HOST,
	   "firewall: the host's may come with a path");
	ok(place_of(NET("{\"type\":\"network\",\"path\":\"/nowhere\"}")) == NET_PLACE_JOINED,
	   "firewall: a path that leads nowhere is somebody else's");
}

#define RESOLV(options)                                                                            \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\","                  \
	"\"capabilities\":{\"bounding\":[],\"effective\":[],\"inheritable\":[],\"permitted\":[],"  \
	"\"ambient\":[]}},\"root\":{\"path\":\"rootfs\"},\"mounts\":[{\"destination\":"            \
	"\"/etc/resolv.conf\",\"type\":\"bind\",\"source\":\"/x\"" options "}],"                   \
	"\"linux\":{\"namespaces\":[{\"type\":\"network\"}]}}"

/* Root in the container could name any address and be started again. */
static void nameservers(void)
{
	static const char writable[] = RESOLV(",\"options\":[\"rbind\",\"rw\",\"rprivate\"]");
	struct trial t;

	trial_modes("a writable resolv.conf", &control_egress, ENGINE_DOCKER, writable, "{}", NULL);
	trial_modes("one without options", &control_egress, ENGINE_DOCKER, RESOLV(""),
		    "{\"default\":\"allow\",\"dns\":\"resolver\"}", NULL);
	trial_modes("one that is made writable again", &control_egress, ENGINE_PLAIN,
		    RESOLV(",\"options\":[\"rbind\",\"ro\",\"rw\"]"), "{}", NULL);
	trial_stays("a read-only one", &control_egress, ENGINE_DOCKER,
		    RESOLV(",\"options\":[\"rbind\",\"ro\"]"), "{}");
	trial_stays("a writable one that names nobody", &control_egress, ENGINE_DOCKER, writable,
		    "{\"dns\":[\"10.0.0.2\"]}");
	trial_stays("a writable one where all is open", &control_egress, ENGINE_DOCKER, writable,
		    "{\"default\":\"allow\"}");
	trial_stays("a writable one", &control_metadata, ENGINE_DOCKER, writable, "{}");
	if (!trial_start(&t, ENGINE_DOCKER, writable))
		return;
	trial_run(&t, &control_egress, MODE_FIX, "{}");
	is_text(trial_value(&t, "mounts"),
		"[{\"destination\":\"/etc/resolv.conf\",\"type\":\"bind\",\"source\":\"/x\","
		"\"options\":[\"rbind\",\"rprivate\",\"ro\"]}]",
		"firewall: egress makes the list of nameservers read-only");
	trial_end(&t);
}

static void settings(void)
{
	static const char *const good[] = { "\"tcp 10.0.0.0/8 443\"", "\"udp * 53,8000-8010\"",
					    "\"any 2001:db8::/32\"", "\"icmp *\"" };
	static const char *const bad[] = { "\"\"",
					   "\"tcp\"",
					   "\"tcp 10.0.0.1/8 443\"",
					   "\"tcp example.org 443\"",
					   "\"any * 443\"",
					   "\"tcp * 0\"",
					   "\"tcp * 70000\"",
					   "\"tcp ::ffff:10.0.0.1 80\"",
					   "\"tcp * 80\\u0000,443\"" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(trial_accepts(&control_egress, "allow", good[i]) &&
			   trial_accepts(&control_ingress, "block", good[i]),
		   "firewall: %s is a line", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!trial_accepts(&control_egress, "block", bad[i]) &&
			   !trial_accepts(&control_ingress, "allow", bad[i]),
		   "firewall: %s is none", bad[i]);
	ok(trial_accepts(&control_egress, "dns", "\"10.0.0.2\"") &&
		   trial_accepts(&control_egress, "dns", "\"fd00::53\""),
	   "firewall: nameservers are addresses");
	ok(!trial_accepts(&control_egress, "dns", "\"10.0.0.0/8\"") &&
		   !trial_accepts(&control_egress, "dns", "\"10.0.0.2\\u0000\"") &&
		   !trial_accepts(&control_egress, "dns", "\"\""),
	   "firewall: and nothing else");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(firewall); i++) {
		capabilities(firewall[i]);
		exec(firewall[i]);
	}
	host_network();
	places();
	nameservers();
	settings();
	return done_testing();
}
