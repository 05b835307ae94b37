"""Plants and fruit, stroke by stroke."""

from .shapes import Subject, strokes

TREE = """
blob wood  -.1 .02  -.05 -.2  -.05 -.5  .05 -.5  .05 -.2  .12 .02
line wood  .03  0 -.34  .18 -.52
line wood  .03  0 -.38  -.17 -.52
oval dark  .26 -.48 .2 .16
oval dark  -.24 -.48 .2 .16
oval main  .02 -.52 .22 .17
oval main  .3 -.64 .18 .16
oval main  -.28 -.63 .19 .17
oval main  .04 -.7 .26 .22
oval main  .16 -.83 .17 .15
oval light  -.12 -.8 .2 .17
"""

FLOWER = """
bow leaf  .045  0 0  .04 -.3  0 -.7
blob leaf  .02 -.16  .12 -.36  .36 -.44  .28 -.24
blob leaf  .02 -.1  -.14 -.26  -.36 -.28  -.22 -.1
oval main  .2 -.74 .16 .095 0
oval main  .141 -.599 .16 .095 45
oval main  0 -.54 .16 .095 90
oval main  -.141 -.599 .16 .095 135
oval main  -.2 -.74 .16 .095 180
oval main  -.141 -.881 .16 .095 225
oval main  0 -.94 .16 .095 270
oval main  .141 -.881 .16 .095 315
oval light  .15 -.74 .07 .035 0
oval light  .106 -.634 .07 .035 45
oval light  0 -.59 .07 .035 90
oval light  -.106 -.634 .07 .035 135
oval light  -.15 -.74 .07 .035 180
oval light  -.106 -.846 .07 .035 225
oval light  0 -.89 .07 .035 270
oval light  .106 -.846 .07 .035 315
oval gold  0 -.74 .105 .105
oval wood  0 -.74 .05 .05
"""

MUSHROOM = """
blob pale  -.16 0  -.13 -.3  -.12 -.56  .12 -.56  .13 -.3  .18 0
blob sand  -.16 -.46  0 -.42  .16 -.46  .14 -.38  0 -.33  -.14 -.38
oval sand  0 -.5 .5 .08
blob main  -.56 -.5  -.5 -.74  -.26 -.95  0 -1  .26 -.95  .5 -.74  .56 -.5  .3 -.46  0 -.45
     -.3 -.46
oval white  -.26 -.72 .09 .075 -20
oval white  .06 -.84 .1 .07
oval white  .3 -.68 .08 .07 20
oval white  .02 -.62 .07 .05
oval white  -.42 -.57 .05 .04
oval white  .46 -.56 .04 .035
"""

CACTUS = """
blob main  -.12 0  -.13 -.5  -.11 -.94  0 -1.02  .11 -.94  .13 -.5  .12 0
bow main  .15  .08 -.36  .34 -.38  .36 -.7
bow main  .13  -.08 -.48  -.3 -.5  -.32 -.76
line light  .014  -.05 -.06  -.05 -.9
line light  .014  .03 -.06  .03 -.9
oval rose  0 -1.02 .06 .04
"""

APPLE = """
blob main  0 -.82  -.22 -.9  -.46 -.74  -.48 -.4  -.3 -.06  -.1 0  0 -.03  .1 0  .3 -.06
     .48 -.4  .46 -.74  .22 -.9
oval dark  0 -.81 .13 .045
bow wood  .05  0 -.8  .02 -.94  .08 -1.04
blob leaf  .06 -.94  .2 -1.08  .42 -1.04  .26 -.9
blob light  -.34 -.66  -.22 -.74  -.18 -.6  -.3 -.42  -.38 -.5
"""

PEAR = """
blob main  0 -.88  -.16 -.84  -.2 -.64  -.36 -.4  -.36 -.14  -.16 0  .16 0  .36 -.14  .36 -.4
     .2 -.64  .16 -.84
bow wood  .045  0 -.86  .02 -.96  .06 -1.03
blob leaf  .05 -.95  .18 -1.04  .36 -.98  .2 -.9
blob light  -.24 -.4  -.16 -.46  -.12 -.3  -.2 -.16  -.27 -.24
"""

FRUIT = """
oval main  0 -.46 .46 .46
oval dark  .02 -.88 .06 .025
blob leaf  .02 -.88  .14 -1.04  .36 -1.02  .22 -.88
blob light  -.32 -.6  -.18 -.74  -.1 -.66  -.24 -.46
oval dark  .1 -.3 .008 .008
oval dark  .2 -.5 .008 .008
oval dark  0 -.16 .008 .008
oval dark  .26 -.26 .008 .008
oval dark  -.1 -.4 .008 .008
oval dark  .12 -.66 .008 .008
"""

SUBJECTS = {
    "tree": Subject(0.64, "meadow", ("green", "olive", "emerald"), strokes(TREE)),
    "flower": Subject(0.56, "meadow", ("rose", "coral", "violet", "white"), strokes(FLOWER)),
    "mushroom": Subject(0.42, "forest", ("scarlet", "red"), strokes(MUSHROOM)),
    "cactus": Subject(0.46, "desert", ("green", "emerald"), strokes(CACTUS)),
    "apple": Subject(0.36, "room", ("red", "green", "crimson"), strokes(APPLE)),
    "pear": Subject(0.4, "room", ("lime", "mustard"), strokes(PEAR)),
    "fruit": Subject(0.34, "room", ("orange",), strokes(FRUIT)),
}
