/* Which mantlet wrote a record: its version, and a digest of the tables of its controls. */
#ifndef MANTLET_STATE_MAKER_H
#define MANTLET_STATE_MAKER_H

#include "common.h"

/* "0.1.0 3f2a9c01d4e7": of this program. Static. */
const char *state_maker(void);

#endif
