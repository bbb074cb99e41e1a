/* What engines write into the capability sets when nobody asks; tests compare it with fixtures. */
#include "engine_caps.h"

#include <linux/capability.h>

#define BIT(capability) (UINT64_C(1) << (capability))

/* buildah, CRI-O, podman 4 with Debian's containers.conf. */
#define CONTAINERS_DEFAULT                                                                         \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |              \
	 BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SETFCAP) | BIT(CAP_SETGID) |          \
	 BIT(CAP_SETPCAP) | BIT(CAP_SETUID) | BIT(CAP_SYS_CHROOT))

/* Docker, BuildKit, containerd; podman without "default_capabilities" in any containers.conf. */
#define MOBY_DEFAULT (CONTAINERS_DEFAULT | BIT(CAP_MKNOD) | BIT(CAP_NET_RAW) | BIT(CAP_AUDIT_WRITE))

uint64_t engine_default_caps(enum engine engine)
{
	switch (engine) {
	case ENGINE_CRIO:
	case ENGINE_BUILDAH:
		return CONTAINERS_DEFAULT;
	case ENGINE_PODMAN: /* which of the two is the host's choice, not the container's */
	case ENGINE_DOCKER:
	case ENGINE_BUILDKIT:
	case ENGINE_CTR:
	case ENGINE_CRI:
	case ENGINE_PLAIN:
		break;
	}
	return MOBY_DEFAULT;
}
