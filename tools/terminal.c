#include "tools/terminal.h"

#include "tools/admin_words.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MAX = 100000 };

static size_t width_of(FILE *out)
{
    struct winsize size;
    uint64_t columns;

    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *given = getenv("COLUMNS"); /* NOLINT(concurrency-mt-unsafe): one thread */
    if (given == NULL || admin_words_count(given, &columns) != 0 || columns > COLUMNS_MAX)
        return 0;
    return columns;
}

struct terminal terminal_of(FILE *out)
{
    const char *no_color = getenv("NO_COLOR"); /* NOLINT(concurrency-mt-unsafe): one thread */
    struct terminal terminal = {.out = out};

    if (isatty(fileno(out)) == 0)
        return terminal;
    terminal.width = width_of(out);
    terminal.is_color = no_color == NULL || no_color[0] == '\0';
    return terminal;
}

const char *terminal_style(const struct terminal *terminal, enum terminal_style style)
{
    static const char *const sequences[] = {
        [TERMINAL_BOLD] = "\033[1m",
        [TERMINAL_GOOD] = "\033[32m",
        [TERMINAL_BAD] = "\033[31m",
        [TERMINAL_DIM] = "\033[2m",
    };

    return terminal->is_color ? sequences[style] : "";
}

const char *terminal_plain(const struct terminal *terminal)
{
    return terminal->is_color ? "\033[0m" : "";
}
