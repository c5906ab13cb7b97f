/**
 * The steps of writing a file at which a crash must do no harm, and where a test can make one.
 *
 * A test program that defines stop_reached() is told of each step as it is reached, and may end the
 * process there. No other program defines it: the symbol is weak, so that without a definition its
 * address is null and a step costs one comparison of a constant.
 */
#ifndef WEIR_SHM_STOPS_H
#define WEIR_SHM_STOPS_H

/** X(NAME): in the order in which they are reached */
#define STOP_MAP(X)   \
    X(FILE_MADE)      \
    X(FIRST_ROW)      \
    X(ROWS_WRITTEN)   \
    X(HEADER_WRITTEN) \
    X(CHECKED)        \
    X(FILE_SYNCED)    \
    X(RENAMED)        \
    X(FOLDER_SYNCED)  \
    X(CHANGE_WRITTEN) \
    X(AUDIT_WRITTEN)  \
    X(CHANGE_COMMITTED)

enum stop {
#define X(name) STOP_##name,
    STOP_MAP(X) STOP_COUNT,
#undef X
};

void stop_reached(enum stop stop) __attribute__((weak));

#define STOP(name)                     \
    do {                               \
        if (stop_reached != NULL)      \
            stop_reached(STOP_##name); \
    } while (0)

#endif
