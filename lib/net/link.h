/** Intrusive lists: an object is on a list by a `struct link` inside it, so nothing is allocated. */
#ifndef WEIR_NET_LINK_H
#define WEIR_NET_LINK_H

#include <stdbool.h>
#include <stddef.h>

/** A list's head, or an object's place on one. A link that is on no list points at itself. */
struct link {
    struct link *next;
    struct link *prev;
};

/** The object that holds `link` as its field `member`. */
#define LINK_OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void link_init(struct link *link)
{
    link->next = link;
    link->prev = link;
}

/** Of a head: the list is empty. Of an object's link: it is on no list. */
static inline bool link_is_alone(const struct link *link)
{
    return link->next == link;
}

static inline void link_add_last(struct link *head, struct link *link)
{
    link->next = head;
    link->prev = head->prev;
    head->prev->next = link;
    head->prev = link;
}

/** Take it off its list; fine when it is on none. */
static inline void link_remove(struct link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link_init(link);
}

/** Move everything from one list to another, which must be empty. */
static inline void link_move_all(struct link *from, struct link *to)
{
    if (link_is_alone(from))
        return;
    *to = *from;
    to->next->prev = to;
    to->prev->next = to;
    link_init(from);
}

/** Take the first link off a list; NULL when there is none. */
static inline struct link *link_take_first(struct link *head)
{
    struct link *first = head->next;

    if (first == head)
        return NULL;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what was taken and freed is off the list */
    link_remove(first);
    return first;
}

#endif
