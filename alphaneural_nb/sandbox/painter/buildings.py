"""Buildings and a robot, stroke by stroke."""

from .shapes import Subject, strokes

HOUSE = """
box stone  .24 -1 .38 -.62
poly pale  -.5 0  -.5 -.54  .5 -.54  .5 0
poly main  -.62 -.5  -.36 -.94  .36 -.94  .62 -.5
line dark  .02  -.62 -.5  .62 -.5
box wood  -.1 -.34 .1 0
oval gold  .06 -.16 .018 .018
box wood  -.455 -.4 -.225 -.15
box glow  -.43 -.38 -.25 -.17
line wood  .018  -.34 -.38  -.34 -.17
line wood  .018  -.43 -.275  -.25 -.275
shine glow  -.34 -.27 .3
box wood  .225 -.4 .455 -.15
box glow  .25 -.38 .43 -.17
line wood  .018  .34 -.38  .34 -.17
line wood  .018  .25 -.275  .43 -.275
shine glow  .34 -.27 .3
oval leaf  -.44 -.04 .11 .08
oval leaf  -.24 -.04 .11 .08
oval leaf  .26 -.04 .11 .08
oval leaf  .46 -.04 .11 .08
oval rose  -.48 -.07 .02 .02
oval rose  -.4 -.07 .02 .02
oval rose  -.22 -.07 .02 .02
oval rose  .24 -.07 .02 .02
oval rose  .42 -.07 .02 .02
oval rose  .5 -.07 .02 .02
"""

LIGHTHOUSE = """
blob stone  -.5 .03  -.36 -.08  0 -.1  .36 -.07  .5 .03
shine glow  0 -.86 .55
beam glow  .02 -.88  1.5 -1.12  1.5 -.76  .02 -.84
poly white  -.19 0  -.11 -.78  .11 -.78  .19 0
poly main  -.19 0  -.174 -.16  .174 -.16  .19 0
poly main  -.157 -.32  -.141 -.48  .141 -.48  .157 -.32
poly main  -.125 -.63  -.11 -.78  .11 -.78  .125 -.63
box ink  -.15 -.8 .15 -.77
box glow  -.075 -.91 .075 -.8
line ink  .014  -.075 -.91  -.075 -.8
line ink  .014  .075 -.91  .075 -.8
line ink  .012  0 -.91  0 -.8
poly main  -.11 -.9  0 -1.02  .11 -.9
box ink  -.05 -.13 .05 0
box glow  -.03 -.6 .03 -.53
box glow  -.03 -.3 .03 -.23
"""

CASTLE = """
box stone  -.65 -.72 -.39 0
poly main  -.69 -.7  -.52 -.98  -.35 -.7
line wood  .012  -.52 -.96  -.52 -1.08
poly accent  -.52 -1.08  -.4 -1.04  -.52 -1
oval glow  -.52 -.56 .03 .055
box stone  .39 -.72 .65 0
poly main  .35 -.7  .52 -.98  .69 -.7
line wood  .012  .52 -.96  .52 -1.08
poly accent  .52 -1.08  .64 -1.04  .52 -1
oval glow  .52 -.56 .03 .055
box stone  -.13 -.9 .13 0
poly main  -.17 -.88  0 -1.02  .17 -.88
line wood  .012  0 -1  0 -1.12
poly accent  0 -1.12  .12 -1.08  0 -1.04
oval glow  0 -.74 .03 .055
box stone  -.5 -.42 .5 0
box stone  -.48 -.49 -.39 -.41
box stone  -.31 -.49 -.22 -.41
box stone  -.14 -.49 -.05 -.41
box stone  .05 -.49 .14 -.41
box stone  .22 -.49 .31 -.41
box stone  .39 -.49 .48 -.41
blob ink  -.11 0  -.11 -.2  0 -.3  .11 -.2  .11 0
oval glow  -.3 -.24 .028 .05
oval glow  .3 -.24 .028 .05
line dark  .008  -.4 -.34  -.32 -.34
line dark  .008  -.22 -.12  -.14 -.12
line dark  .008  .18 -.35  .26 -.35
line dark  .008  .34 -.1  .42 -.1
line dark  .008  -.04 -.6  .04 -.6
"""

ROBOT = """
line steel_dark  .025  0 -.86  0 -1
oval red  0 -1 .03 .03
box steel_dark  -.17 -.2 -.06 -.04
box steel_dark  .06 -.2 .17 -.04
blob dark  -.22 0  -.2 -.07  -.04 -.07  -.02 0
blob dark  .22 0  .2 -.07  .04 -.07  .02 0
bow steel_dark  .06  -.26 -.5  -.38 -.38  -.34 -.24
bow steel_dark  .06  .26 -.5  .4 -.5  .42 -.64
oval main  -.34 -.22 .055 .055
oval main  .42 -.66 .055 .055
poly main  -.27 -.54  .27 -.54  .23 -.18  -.23 -.18
box pale  -.14 -.46 .14 -.28
oval red  -.07 -.37 .035 .035
oval gold  .07 -.37 .035 .035
box steel_dark  -.07 -.66 .07 -.5
poly main  -.27 -.9  .27 -.9  .29 -.62  -.29 -.62
oval steel_dark  -.3 -.76 .04 .07
oval steel_dark  .3 -.76 .04 .07
poly ink  -.21 -.84  .21 -.84  .22 -.68  -.22 -.68
oval cyan  -.1 -.77 .045 .05
oval cyan  .1 -.77 .045 .05
bow cyan  .014  -.05 -.71  0 -.695  .05 -.71
"""

SUBJECTS = {
    "house": Subject(0.44, "meadow", ("terracotta", "teal", "plum", "rust"), strokes(HOUSE)),
    "lighthouse": Subject(0.7, "sea", ("red", "navy", "crimson"), strokes(LIGHTHOUSE)),
    "castle": Subject(0.56, "mountains", ("navy", "crimson", "plum"), strokes(CASTLE)),
    "robot": Subject(0.56, "city", ("teal", "orange", "mustard", "silver"), strokes(ROBOT)),
}
