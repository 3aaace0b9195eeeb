/* SPDX-License-Identifier: MIT */
/* Where the Xen libraries were not there when this was built. */
#include "common/messages.h"
#include "verify-stream-v2/host.h"

bool host_query(struct host *host)
{
	(void)host;
	message(MESSAGE_ERROR, "this host",
	    "cannot be asked: built without the Xen libraries; --against takes a file that another build "
	    "printed");
	return false;
}
