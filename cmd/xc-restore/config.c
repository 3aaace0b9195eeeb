/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

json_t *config_object(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_object(value) ? value : NULL;
}

const char *config_text(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && *text ? text : NULL;
}

bool config_truth(json_t *object, const char *key, bool fallback)
{
	json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (json_is_boolean(value))
		return json_is_true(value);
	if (json_is_integer(value))
		return json_integer_value(value) != 0;
	if (!text || (strcmp(text, "True") != 0 && strcmp(text, "False") != 0))
		return fallback;
	return strcmp(text, "True") == 0;
}
