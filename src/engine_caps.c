/* What engines write into the capability sets when nobody asks; tests compare it with fixtures. */
#include "engine_caps.h"

#include <linux/capability.h>

#define BIT(capability) (UINT64_C(1) << (capability))

/*
 * Docker, BuildKit, containerd; podman and buildah where no containers.conf has
 * "default_capabilities". With one, they and CRI-O give fewer: which ones is the host's choice, not
 * the container's, so this is the union, one for all.
 */
#define ENGINES_DEFAULT                                                                            \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |              \
	 BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SETFCAP) | BIT(CAP_SETGID) |          \
	 BIT(CAP_SETPCAP) | BIT(CAP_SETUID) | BIT(CAP_SYS_CHROOT) | BIT(CAP_MKNOD) |               \
	 BIT(CAP_NET_RAW) | BIT(CAP_AUDIT_WRITE))

uint64_t engine_default_caps(void)
{
	return ENGINES_DEFAULT;
}

uint64_t engine_unasked_caps(const struct edit *ed)
{
	const struct facts *facts = edit_facts(ed);

	if (edit_scope(ed) == SCOPE_PROCESS && facts->created.is_known)
		return facts->created.capabilities;
	return engine_default_caps();
}
