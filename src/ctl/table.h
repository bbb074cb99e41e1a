/* Tables on a terminal: columns as wide as their texts, the last one wrapped. */
#ifndef MANTLET_TABLE_H
#define MANTLET_TABLE_H

#include "ctl.h"

#define TABLE_COLUMNS 5

struct table_row;

struct table {
	struct ctl *ctl;
	unsigned int columns;
	unsigned int right; /* bits of the columns that are aligned to the right */
	struct table_row *rows;
	struct table_row **end;
};

/* A table of as many columns as there are headings; TABLE_COLUMNS at most. */
#define table_begin(table, ctl, ...)                                                               \
	table_start((table), (ctl), (const char *const[]){ __VA_ARGS__, NULL })
void table_start(struct table *table, struct ctl *ctl, const char *const *headings);

/* One row: as many texts as columns; "" for nothing. Copied and made safe to print. */
#define table_add(table, ...) table_row((table), (const char *const[TABLE_COLUMNS]){ __VA_ARGS__ })
void table_row(struct table *table, const char *const texts[static TABLE_COLUMNS]);

/* Print it to ctl->out. */
void table_end(struct table *table);

/* One line of words, emphasised where the terminal can. */
void table_title(struct ctl *ctl, const char *text);

#endif
