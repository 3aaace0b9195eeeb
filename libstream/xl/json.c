/* SPDX-License-Identifier: MIT */
#include "xl/json.h"

#include <string.h>

void json_begin(struct json *j, json_scalar_fn *scalar, void *context)
{
	memset(j, 0, sizeof(*j));
	j->scalar = scalar;
	j->context = context;
}

static bool fail(struct json *j, const char *error)
{
	j->state = JSON_FAILED;
	j->error = error;
	return false;
}

static bool next(struct json *j, enum json_state state)
{
	j->state = state;
	return true;
}

static bool blank(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\n' || b == '\r';
}

static bool digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

static bool in_object(const struct json *j)
{
	return j->objects >> (j->depth - 1) & 1;
}

static void text_start(struct json *j)
{
	j->length = 0;
	j->cut = false;
	j->text[0] = '\0';
}

static void text_add(struct json *j, uint8_t byte)
{
	if (j->length + 1 >= sizeof(j->text)) {
		j->cut = true;
		return;
	}
	j->text[j->length++] = (char)byte;
	j->text[j->length] = '\0';
}

/* A value is complete: what may come depends on what it stands in. */
static bool after_value(struct json *j)
{
	return next(j, j->depth ? JSON_AFTER_VALUE : JSON_DONE);
}

static bool scalar(struct json *j, enum json_kind kind)
{
	if (j->scalar)
		j->scalar(j->context, j, kind);
	return after_value(j);
}

static bool open_level(struct json *j, bool object)
{
	if (j->depth == JSON_DEPTH_MAX)
		return fail(j, "nested too deep");
	j->objects &= ~(UINT64_C(1) << j->depth);
	j->objects |= (uint64_t)object << j->depth;
	j->depth++;
	if (j->depth <= JSON_PATH)
		j->keys[j->depth - 1][0] = '\0';
	return next(j, object ? JSON_OBJECT_FIRST : JSON_ARRAY_FIRST);
}

static bool close_level(struct json *j, bool object)
{
	if (in_object(j) != object)
		return fail(j, "a bracket that does not match");
	j->depth--;
	return after_value(j);
}

static bool string_start(struct json *j, bool is_key)
{
	text_start(j);
	j->is_key = is_key;
	return next(j, JSON_IN_STRING);
}

/* A key is remembered if its level is one of the path's; keys too long to be one that is asked for count as none. */
static bool string_end(struct json *j)
{
	if (!j->is_key)
		return scalar(j, JSON_STRING);
	if (j->depth <= JSON_PATH) {
		char *key = j->keys[j->depth - 1];

		key[0] = '\0';
		if (!j->cut && j->length < JSON_KEY_MAX)
			memcpy(key, j->text, j->length + 1);
	}
	return next(j, JSON_COLON);
}

static bool literal_start(struct json *j, const char *rest, enum json_kind kind)
{
	text_start(j);
	j->literal = rest;
	j->kind = kind;
	return next(j, JSON_LITERAL);
}

static bool number_start(struct json *j, uint8_t b)
{
	text_start(j);
	text_add(j, b);
	return next(j, b == '-' ? JSON_MINUS : b == '0' ? JSON_ZERO : JSON_INTEGER);
}

static bool value(struct json *j, uint8_t b)
{
	switch (b) {
	case '{':
		return open_level(j, true);
	case '[':
		return open_level(j, false);
	case '"':
		return string_start(j, false);
	case 't':
		return literal_start(j, "rue", JSON_TRUE);
	case 'f':
		return literal_start(j, "alse", JSON_FALSE);
	case 'n':
		return literal_start(j, "ull", JSON_NULL);
	default:
		return b == '-' || digit(b) ? number_start(j, b) : fail(j, "no value where one must be");
	}
}

static bool member_or_end(struct json *j, uint8_t b)
{
	if (b == ',')
		return next(j, in_object(j) ? JSON_KEY : JSON_VALUE);
	if (b == '}' || b == ']')
		return close_level(j, b == '}');
	return fail(j, "neither a comma nor a bracket behind a value");
}

/* The first byte of a sequence tells its length and, to rule out longer forms and surrogates, the range of the second. */
static bool utf8_start(struct json *j, uint8_t b)
{
	if (b < 0xc2 || b > 0xf4)
		return fail(j, "a string that is not UTF-8");
	j->want = b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
	j->low = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
	j->high = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
	return next(j, JSON_UTF8);
}

static bool utf8_more(struct json *j, uint8_t b)
{
	if (b < j->low || b > j->high)
		return fail(j, "a string that is not UTF-8");
	text_add(j, b);
	j->low = 0x80;
	j->high = 0xbf;
	return --j->want ? true : next(j, JSON_IN_STRING);
}

static bool string_byte(struct json *j, uint8_t b)
{
	if (b == '"')
		return string_end(j);
	if (b < ' ')
		return fail(j, "a control character in a string");
	text_add(j, b);
	if (b == '\\')
		return next(j, JSON_ESCAPE);
	return b < 0x80 ? true : utf8_start(j, b);
}

static bool escape(struct json *j, uint8_t b)
{
	text_add(j, b);
	j->want = 4;
	if (b == 'u')
		return next(j, JSON_HEX);
	return b && strchr("\"\\/bfnrt", b) ? next(j, JSON_IN_STRING) : fail(j, "an escape that JSON does not have");
}

static bool hex(struct json *j, uint8_t b)
{
	if (!digit(b) && !(b >= 'a' && b <= 'f') && !(b >= 'A' && b <= 'F'))
		return fail(j, "an escape that JSON does not have");
	text_add(j, b);
	return --j->want ? true : next(j, JSON_IN_STRING);
}

static bool literal(struct json *j, uint8_t b)
{
	if (b != (uint8_t)*j->literal)
		return fail(j, "a word that is not true, false or null");
	return *++j->literal ? true : scalar(j, j->kind);
}

/* States in which a number may end. */
static bool number_complete(enum json_state state)
{
	return state == JSON_ZERO || state == JSON_INTEGER || state == JSON_FRACTION || state == JSON_POWER;
}

/* One byte more of a number: the state behind it, or JSON_FAILED if the byte does not belong to it. */
static enum json_state number_next(enum json_state state, uint8_t b)
{
	switch (state) {
	case JSON_MINUS:
		return b == '0' ? JSON_ZERO : digit(b) ? JSON_INTEGER : JSON_FAILED;
	case JSON_POINT:
	case JSON_FRACTION:
		if (digit(b))
			return JSON_FRACTION;
		return state == JSON_FRACTION && (b | 0x20) == 'e' ? JSON_EXPONENT : JSON_FAILED;
	case JSON_EXPONENT:
		if (b == '+' || b == '-')
			return JSON_SIGN;
		return digit(b) ? JSON_POWER : JSON_FAILED;
	case JSON_SIGN:
	case JSON_POWER:
		return digit(b) ? JSON_POWER : JSON_FAILED;
	default:
		if (state == JSON_INTEGER && digit(b))
			return JSON_INTEGER;
		return b == '.' ? JSON_POINT : (b | 0x20) == 'e' ? JSON_EXPONENT : JSON_FAILED;
	}
}

static bool number(struct json *j, uint8_t b)
{
	enum json_state state = number_next(j->state, b);

	if (state != JSON_FAILED) {
		text_add(j, b);
		return next(j, state);
	}
	if (!number_complete(j->state))
		return fail(j, "a number that is not complete");
	/* The byte ends the number and is looked at again as what follows a value. */
	scalar(j, JSON_NUMBER);
	return json_byte(j, b);
}

/* Between tokens, where blanks count for nothing. */
static bool token(struct json *j, uint8_t b)
{
	if (blank(b))
		return true;
	switch (j->state) {
	case JSON_VALUE:
		return value(j, b);
	case JSON_ARRAY_FIRST:
		return b == ']' ? close_level(j, false) : value(j, b);
	case JSON_OBJECT_FIRST:
		if (b == '}')
			return close_level(j, true);
		return b == '"' ? string_start(j, true) : fail(j, "no key where one must be");
	case JSON_KEY:
		return b == '"' ? string_start(j, true) : fail(j, "no key where one must be");
	case JSON_COLON:
		return b == ':' ? next(j, JSON_VALUE) : fail(j, "no colon behind a key");
	case JSON_AFTER_VALUE:
		return member_or_end(j, b);
	default:
		return fail(j, "more behind the value");
	}
}

/* The one call of itself, through number(), is at most one level deep: behind a number no number can be open. */
bool json_byte(struct json *j, uint8_t b)
{
	switch (j->state) {
	case JSON_IN_STRING:
		return string_byte(j, b);
	case JSON_ESCAPE:
		return escape(j, b);
	case JSON_HEX:
		return hex(j, b);
	case JSON_UTF8:
		return utf8_more(j, b);
	case JSON_LITERAL:
		return literal(j, b);
	case JSON_MINUS:
	case JSON_ZERO:
	case JSON_INTEGER:
	case JSON_POINT:
	case JSON_FRACTION:
	case JSON_EXPONENT:
	case JSON_SIGN:
	case JSON_POWER:
		return number(j, b);
	case JSON_FAILED:
		return false;
	default:
		return token(j, b);
	}
}

bool json_end(struct json *j)
{
	if (number_complete(j->state) && !j->depth)
		scalar(j, JSON_NUMBER);
	if (j->state == JSON_DONE)
		return true;
	return j->state == JSON_FAILED ? false : fail(j, "ends too early");
}

bool json_at(const struct json *j, const char *outer, const char *inner)
{
	return j->depth == 2 && (j->objects & 3) == 3 && strcmp(j->keys[0], outer) == 0 &&
	    strcmp(j->keys[1], inner) == 0;
}
