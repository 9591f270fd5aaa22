// SPDX-License-Identifier: GPL-2.0-or-later
#include "yaml_events.h"

#include <stdlib.h>
#include <string.h>

#include "system/libyaml/system.h"

struct engarde_yaml {
    yaml_parser_t parser;
    yaml_event_t event;
    const unsigned char *bytes;
    size_t length;
    enum engarde_yaml_kind last;
    struct engarde_yaml_event error;
};

struct engarde_yaml *engarde_yaml_create(const void *bytes, size_t length) {
    struct engarde_yaml *self = calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    if (!yaml_parser_initialize(&self->parser)) {
        free(self);
        return NULL;
    }
    // libyaml asserts that the input is not NULL, which an empty buffer may be.
    self->bytes = bytes != NULL ? bytes : (const unsigned char *)"";
    self->length = bytes != NULL ? length : 0;
    self->last = ENGARDE_YAML_STREAM_START;
    yaml_parser_set_input_string(&self->parser, self->bytes, self->length);
    return self;
}

// Bytes that are no text are reported by offset and without a mark.
static void place_of_offset(const struct engarde_yaml *self, struct engarde_yaml_event *out) {
    size_t end = self->parser.problem_offset;
    if (end > self->length) end = self->length;
    size_t at = end >= 3 && memcmp(self->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    out->line = out->column = 1;
    for (; at < end; at++) {
        unsigned char byte = self->bytes[at];
        if (byte == '\r' && at + 1 < end && self->bytes[at + 1] == '\n') continue;
        if (byte == '\r' || byte == '\n') {
            out->line++;
            out->column = 1;
        } else if ((byte & 0xc0) != 0x80) {
            out->column++;
        }
    }
}

// The problem's text when it is a key without its colon, else NULL.
static const char *could_not_find_colon(const yaml_parser_t *parser) {
    bool is = parser->context != NULL && strcmp(parser->context, "while scanning a simple key") == 0;
    return is ? parser->problem : NULL;
}

static void describe_error(const struct engarde_yaml *self, struct engarde_yaml_event *out) {
    const yaml_parser_t *parser = &self->parser;
    out->kind = ENGARDE_YAML_ERROR;
    out->text = parser->error == YAML_MEMORY_ERROR ? "out of memory"
                : parser->problem != NULL          ? parser->problem
                                                   : "unknown error";
    out->text_length = strlen(out->text);
    if (parser->error == YAML_READER_ERROR) {
        place_of_offset(self, out);
    } else if (out->text == could_not_find_colon(parser)) {
        // Noticed only after the line in question; the context is where that line's key begins.
        out->line = parser->context_mark.line + 1;
        out->column = parser->context_mark.column + 1;
    } else {
        out->line = parser->problem_mark.line + 1;
        out->column = parser->problem_mark.column + 1;
    }
}

static void describe_scalar(const yaml_event_t *event, struct engarde_yaml_event *out) {
    out->kind = ENGARDE_YAML_SCALAR;
    out->text = (const char *)event->data.scalar.value;
    out->text_length = event->data.scalar.length;
    out->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    out->anchor = (const char *)event->data.scalar.anchor;
    out->tag = (const char *)event->data.scalar.tag;
}

void engarde_yaml_next(struct engarde_yaml *self, struct engarde_yaml_event *out) {
    if (self->last == ENGARDE_YAML_ERROR) {
        *out = self->error;
        return;
    }
    memset(out, 0, sizeof *out);
    if (self->last == ENGARDE_YAML_STREAM_END) {
        out->kind = ENGARDE_YAML_STREAM_END;
        out->line = self->event.start_mark.line + 1;
        out->column = self->event.start_mark.column + 1;
        return;
    }
    yaml_event_delete(&self->event);
    if (!yaml_parser_parse(&self->parser, &self->event)) {
        describe_error(self, out);
        self->last = ENGARDE_YAML_ERROR;
        self->error = *out;
        return;
    }
    const yaml_event_t *event = &self->event;
    out->line = event->start_mark.line + 1;
    out->column = event->start_mark.column + 1;
    switch (event->type) {
    case YAML_NO_EVENT: // libyaml gives it only after the end
    case YAML_STREAM_END_EVENT: out->kind = ENGARDE_YAML_STREAM_END; break;
    case YAML_STREAM_START_EVENT: out->kind = ENGARDE_YAML_STREAM_START; break;
    case YAML_DOCUMENT_START_EVENT: out->kind = ENGARDE_YAML_DOCUMENT_START; break;
    case YAML_DOCUMENT_END_EVENT: out->kind = ENGARDE_YAML_DOCUMENT_END; break;
    case YAML_MAPPING_END_EVENT: out->kind = ENGARDE_YAML_MAPPING_END; break;
    case YAML_SEQUENCE_END_EVENT: out->kind = ENGARDE_YAML_SEQUENCE_END; break;
    case YAML_SCALAR_EVENT: describe_scalar(event, out); break;
    case YAML_ALIAS_EVENT:
        out->kind = ENGARDE_YAML_ALIAS;
        out->text = (const char *)event->data.alias.anchor;
        out->text_length = strlen(out->text);
        break;
    case YAML_MAPPING_START_EVENT:
        out->kind = ENGARDE_YAML_MAPPING_START;
        out->anchor = (const char *)event->data.mapping_start.anchor;
        out->tag = (const char *)event->data.mapping_start.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        out->kind = ENGARDE_YAML_SEQUENCE_START;
        out->anchor = (const char *)event->data.sequence_start.anchor;
        out->tag = (const char *)event->data.sequence_start.tag;
        break;
    }
    self->last = out->kind;
}

void engarde_yaml_destroy(struct engarde_yaml *self) {
    if (self == NULL) return;
    yaml_event_delete(&self->event);
    yaml_parser_delete(&self->parser);
    free(self);
}
