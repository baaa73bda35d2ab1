#ifndef PORTAL_PORTAL_PRIVATE_H
#define PORTAL_PORTAL_PRIVATE_H

#include "portal/portal.h"

struct portal {
	struct portal_config c;
	struct db **readers; /* one for each job thread */
};

#endif
