/* SPDX-License-Identifier: MIT */
/*
 * A stretch of pipe that lets no more than so many bytes a second through, evenly: in pieces of a hundredth of a
 * second or less, and without making up for time in which there was nothing to move.
 */
#ifndef XC_SAVE_PACE_H
#define XC_SAVE_PACE_H

#include <stdint.h>

/*
 * Moves what comes from input (closed when that ends or nobody takes any more) into a pipe, in a thread of its own.
 * Returns the pipe's end to read from, or -1 with errno; input is closed then, too.
 */
int pace_start(int input, uint64_t bytes_per_second);

#endif
