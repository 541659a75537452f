# Makes plain comments Doxygen's: the one that opens the file, those above declarations, and those
# behind members. Lines that begin a part of the header (/* ---- ...) stay as they are.
1s|^/\* |/** @file\n * |
\|^/\* ----|b
s|^\( *\)/\* |\1/** |
s|^\( \{4,\}[^ /*].*\)/\* |\1/**< |
# <tag> stands for a tag; it is none of HTML's.
/^#/!s|<\([a-z]\)|\\<\1|g
# A list of statuses, one a line with what it means.
s|^ \*   \(TBLOG_[A-Z_]*\)\(.*\)| * - \1\2|
