/**
 * One configuration file as a stream of nodes: libyaml's events, less what the configuration does
 * not accept.
 *
 * Refused, each reported where it stands: a second document, anchors, aliases, tags, nesting
 * deeper than YAML_DEPTH_MAX, anything but UTF-8. What can be stepped over is shown as NODE_BAD,
 * so that the rest of the file is still checked. A syntax error ends the file: NODE_STOP for ever
 * after.
 *
 *   phase    entered by           may then be called
 *   closed   -                    yaml_events_open()
 *   open     yaml_events_open()   yaml_events_next(), yaml_events_skip(); read `node` and its rest
 *   closed   yaml_events_close()
 *
 * Whoever consumes a node leaves the events at the node after it.
 */
#ifndef WEIR_REGISTRY_YAML_EVENTS_H
#define WEIR_REGISTRY_YAML_EVENTS_H

#include "registry/report.h"

#include <yaml.h>

enum { YAML_DEPTH_MAX = 16 };

enum yaml_node {
    NODE_SCALAR,
    NODE_LIST, /* its items follow, then NODE_END */
    NODE_MAP,  /* its keys and values follow in turn, then NODE_END */
    NODE_END,
    NODE_BAD,  /* one node that is not accepted; reported */
    NODE_STOP, /* nothing more: the end, or a syntax error */
};

struct yaml_events {
    enum yaml_node node;
    struct span scalar;        /* of NODE_SCALAR; borrowed until the next call */
    struct report_place place; /* where the node begins */
    bool failed;               /* a syntax error was reported */

    /* The rest is private. */
    yaml_parser_t parser;
    yaml_event_t event;
    struct span text;
    struct report *report;
    uint32_t depth;
    /* How far places are known: libyaml counts characters, people and editors bytes in a line. */
    size_t character;
    size_t byte;
    size_t line_begin;
    uint32_t line;
};

/**
 * Stands at the document's root, or at NODE_STOP when there is none.
 *
 * @param text  the file's content, borrowed until yaml_events_close()
 * @param file  its name in places, borrowed for as long as any place is used
 * @return 0 or ERR_NO_MEMORY
 */
int yaml_events_open(struct yaml_events *events, struct span text, const char *file,
                     struct report *report);

/** Go to the next node. At NODE_STOP: stay. */
void yaml_events_next(struct yaml_events *events);

/** Step over the node, with all that is in it. */
void yaml_events_skip(struct yaml_events *events);

/** After the root: report what follows it. */
void yaml_events_finish(struct yaml_events *events);

void yaml_events_close(struct yaml_events *events);

#endif
