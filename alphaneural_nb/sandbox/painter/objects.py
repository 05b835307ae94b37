"""Things on a table, stroke by stroke."""

from .shapes import PAINTS, Subject, strokes

CUP = """
bow smoke  .035  -.2 -.8  -.14 -.9  -.24 -1.02  -.16 -1.16
bow smoke  .035  0 -.8  .06 -.9  -.04 -1.02  .04 -1.16
bow smoke  .035  .2 -.8  .26 -.9  .16 -1.02  .24 -1.16
oval pale  0 -.04 .62 .07
oval sand  0 -.055 .4 .035
ring main  .08 .42 -.44 .16
blob main  -.42 -.7  -.41 -.4  -.28 -.1  -.14 -.04  .14 -.04  .28 -.1  .41 -.4  .42 -.7
oval light  0 -.7 .42 .085
oval coffee  0 -.69 .36 .06
bow light  .03  -.3 -.5  -.26 -.3  -.18 -.16
"""

TEAPOT = """
ring main  .09 -.56 -.48 .22
blob main  .4 -.3  .6 -.4  .68 -.66  .86 -.76  .88 -.68  .76 -.6  .72 -.3  .5 -.14
blob main  -.5 -.42  -.4 -.7  -.16 -.8  .16 -.8  .4 -.7  .52 -.42  .4 -.12  .2 0  -.2 0
     -.4 -.12
blob light  -.26 -.78  0 -.9  .26 -.78  0 -.73
oval accent  0 -.93 .07 .06
bow accent  .05  -.48 -.36  0 -.28  .5 -.36
oval pale  -.24 -.5 .06 .06
oval pale  0 -.5 .06 .06
oval pale  .24 -.5 .06 .06
bow smoke  .03  .84 -.84  .9 -.94  .82 -1.04  .88 -1.14
"""

BOOK = """
box dark  -.7 -.3 .62 0
box pale  -.62 -.26 .62 -.05
box dark  -.7 -.06 .62 0
box main  -.56 -.58 .7 -.3
box pale  -.56 -.54 .62 -.35
box main  -.56 -.35 .7 -.3
box main  .58 -.58 .7 -.3
box accent  -.62 -.82 .5 -.58
box pale  -.54 -.78 .5 -.63
box accent  -.62 -.63 .5 -.58
poly light  -.5 -.84  -.06 -1  0 -.96  .06 -1  .5 -.84  .02 -.82
poly pale  -.46 -.88  -.08 -1.06  0 -.99  0 -.85
poly pale  .46 -.88  .08 -1.06  0 -.99  0 -.85
line sand  .01  -.36 -.9  -.08 -.94
line sand  .01  -.36 -.918  -.08 -.97
line sand  .01  -.36 -.936  -.08 -1
line sand  .01  .36 -.9  .08 -.94
line sand  .01  .36 -.918  .08 -.97
line sand  .01  .36 -.936  .08 -1
"""

LAMP = """
shine glow  0 -.72 .9
oval main  0 -.04 .26 .05
line steel_dark  .05  0 -.06  0 -.6
poly main  -.2 -1  .2 -1  .36 -.56  -.36 -.56
poly gold  -.36 -.58  .36 -.58  .36 -.54  -.36 -.54
"""

SUBJECTS = {
    "cup": Subject(0.32, "room", PAINTS, strokes(CUP)),
    "teapot": Subject(0.36, "room", PAINTS, strokes(TEAPOT)),
    "book": Subject(0.34, "room", PAINTS, strokes(BOOK)),
    "lamp": Subject(0.5, "room", PAINTS, strokes(LAMP)),
}
