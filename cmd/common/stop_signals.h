/* SPDX-License-Identifier: MIT */
/* For tools that hold a guest's fate: what asks them to stop is taken only where that fate is clear. */
#ifndef XSR_CMD_STOP_SIGNALS_H
#define XSR_CMD_STOP_SIGNALS_H

/*
 * From now on TERM, INT and HUP arrive on the descriptor that is returned (non-blocking), and PIPE and XFSZ are
 * ignored. To be called before any thread begins. -1 with errno set on failure.
 */
int stop_signals_begin(void);

#endif
