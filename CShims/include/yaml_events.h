// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>
#include <stddef.h>

// libyaml's event parser, without its header: <yaml.h> has anonymous unions and enums Swift imports badly,
// and this file is not called yaml.h because it would then hide that one from every include path.

struct engarde_yaml;

enum engarde_yaml_kind {
    ENGARDE_YAML_STREAM_START,
    ENGARDE_YAML_STREAM_END,
    ENGARDE_YAML_DOCUMENT_START,
    ENGARDE_YAML_DOCUMENT_END,
    ENGARDE_YAML_MAPPING_START,
    ENGARDE_YAML_MAPPING_END,
    ENGARDE_YAML_SEQUENCE_START,
    ENGARDE_YAML_SEQUENCE_END,
    ENGARDE_YAML_SCALAR,
    ENGARDE_YAML_ALIAS,
    ENGARDE_YAML_ERROR,
};

// One event. Every pointer lives until the next call on the same parser; `text` may hold zero bytes.
struct engarde_yaml_event {
    enum engarde_yaml_kind kind;
    bool is_plain;         // scalars: written without quotes, so `null` and numbers have their meaning
    // Scalars: the value, UTF-8. Aliases: the anchor's name. Errors: what is wrong. All others: NULL.
    const char *text;
    size_t text_length;    // bytes
    const char *anchor;    // the name this node can be referred to by, or NULL
    const char *tag;       // the resolved tag such as "tag:yaml.org,2002:str", or NULL
    size_t line, column;   // where the event starts, both from 1, the column in characters
};

// A parser over `bytes`, which must stay in place until it is destroyed; NULL when memory is out.
struct engarde_yaml *engarde_yaml_create(const void *bytes, size_t length);

// Decodes the next event into `event`. After STREAM_END or ERROR the same kind is given again and again.
void engarde_yaml_next(struct engarde_yaml *parser, struct engarde_yaml_event *event);

// Frees the parser and everything its last event points to.
void engarde_yaml_destroy(struct engarde_yaml *parser);
