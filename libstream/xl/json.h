/* SPDX-License-Identifier: MIT */
/*
 * A validator of JSON (RFC 8259) that is pushed bytes, and tells of each scalar.
 *
 * Why not a JSON library: libstream depends on libc and zlib only, so that it can be linked into anything; the tools
 * above it use jansson. And the library must read hostile input in bounded memory without recursion, while JSON
 * libraries build a tree. All that is needed here is "is it JSON" and a handful of fields near the top.
 */
#ifndef XSR_XL_JSON_H
#define XSR_XL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Objects and arrays inside of each other. libxl's configurations have five. */
#define JSON_DEPTH_MAX 64u

/* Keys of the outermost objects that are remembered: a scalar's path. */
#define JSON_PATH 2u

/* Room for a key and for a scalar, each with its NUL; what is longer is cut off and flagged. */
#define JSON_KEY_MAX    32u
#define JSON_SCALAR_MAX 256u

enum json_kind { JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL };

enum json_state {
	JSON_VALUE,        /* a value must come */
	JSON_ARRAY_FIRST,  /* a value or ] */
	JSON_OBJECT_FIRST, /* a key or } */
	JSON_KEY,          /* a key must come, behind a comma */
	JSON_COLON,        /* : */
	JSON_AFTER_VALUE,  /* , or the end of what is open */
	JSON_IN_STRING,    /* characters of a string or key */
	JSON_ESCAPE,       /* behind a backslash */
	JSON_HEX,          /* digits of \u */
	JSON_UTF8,         /* continuation bytes */
	JSON_MINUS,        /* a digit must come */
	JSON_ZERO,         /* behind a leading 0 */
	JSON_INTEGER,      /* digits */
	JSON_POINT,        /* a digit must come */
	JSON_FRACTION,     /* digits */
	JSON_EXPONENT,     /* sign or digit */
	JSON_SIGN,         /* a digit must come */
	JSON_POWER,        /* digits */
	JSON_LITERAL,      /* the rest of true, false or null */
	JSON_DONE,         /* the value is complete: blanks only */
	JSON_FAILED,       /* see error */
};

struct json;

/* Called for each scalar when it is complete: json->text has it, json->keys where it is (json_at()). */
typedef void json_scalar_fn(void *context, const struct json *json, enum json_kind kind);

struct json {
	enum json_state state;     /* what comes next */
	unsigned depth;            /* objects and arrays open */
	uint64_t objects;          /* bit n: level n is an object, else an array */
	bool is_key;               /* the string being read is a key */
	const char *literal;       /* what is left of true, false or null */
	enum json_kind kind;       /* of the literal */
	unsigned want;             /* bytes or digits of a sequence still to come */
	uint8_t low, high;         /* what the next continuation byte may be */
	char keys[JSON_PATH][JSON_KEY_MAX]; /* latest key of the outermost levels; "" where cut off */
	char text[JSON_SCALAR_MAX]; /* the string or number being read; escapes stay as they are */
	size_t length;             /* of text */
	bool cut;                  /* text is not all of it */
	const char *error;         /* why state is JSON_FAILED; static */
	json_scalar_fn *scalar;    /* NULL for none */
	void *context;             /* its first argument */
};

/* Begins. scalar may be NULL. */
void json_begin(struct json *j, json_scalar_fn *scalar, void *context);

/* Takes one byte. False if the text cannot be JSON any more; error says why, and stays. */
bool json_byte(struct json *j, uint8_t byte);

/* The text has ended. False if it was not one complete value. */
bool json_end(struct json *j);

/* True if the scalar is the member `inner` of the object that is the member `outer` of the outermost object. */
bool json_at(const struct json *j, const char *outer, const char *inner);

#endif
