"""Vehicles, stroke by stroke."""

from .shapes import PAINTS, Subject, strokes

BOAT = """
line wood  .03  0 -.16  0 -1
blob sail  .04 -.98  .3 -.72  .5 -.3  .3 -.26  .04 -.26
poly pale  -.04 -.9  -.42 -.28  -.04 -.26
poly red  0 -1  0 -1.08  .16 -1.03
poly main  -.6 -.22  .66 -.22  .48 .04  -.44 .04
poly light  -.6 -.22  .66 -.22  .63 -.16  -.57 -.16
poly dark  -.48 -.02  .53 -.02  .48 .04  -.44 .04
"""

SHIP = """
box accent  -.3 -.94 -.12 -.44
box accent  .08 -.94 .26 -.44
box ink  -.3 -.94 -.12 -.86
box ink  .08 -.94 .26 -.86
box pale  -.52 -.6 .5 -.28
box glow  -.44 -.52 -.35 -.42
box glow  -.28 -.52 -.19 -.42
box glow  -.12 -.52 -.03 -.42
box glow  .04 -.52 .13 -.42
box glow  .2 -.52 .29 -.42
box glow  .36 -.52 .45 -.42
poly main  -.96 -.34  1 -.4  .82 .04  -.76 .04
poly light  -.96 -.34  1 -.4  .97 -.32  -.93 -.27
oval pale  -.6 -.18 .035 .035
oval pale  -.36 -.18 .035 .035
oval pale  -.12 -.18 .035 .035
oval pale  .12 -.18 .035 .035
oval pale  .36 -.18 .035 .035
oval pale  .6 -.18 .035 .035
"""

CAR = """
blob main  -.98 -.2  -.96 -.46  -.7 -.54  -.46 -.9  -.1 -1  .3 -.96  .56 -.6  .92 -.5  1.02 -.28
     .98 -.14  0 -.12
poly glass  -.5 -.58  -.36 -.84  -.08 -.9  -.06 -.58
poly glass  .02 -.58  .02 -.9  .26 -.86  .44 -.58
bow light  .02  -.9 -.46  0 -.5  .9 -.44
box ink  -.16 -.5 -.06 -.47
oval gold  .95 -.36 .05 .07
oval red  -.95 -.38 .035 .06
oval ink  -.56 -.16 .21 .21
oval steel  -.56 -.16 .11 .11
oval ink  -.56 -.16 .03 .03
oval ink  .58 -.16 .21 .21
oval steel  .58 -.16 .11 .11
oval ink  .58 -.16 .03 .03
"""

TRAIN = """
oval smoke  .49 -.92 .09 .08
oval smoke  .42 -1.01 .13 .1
oval smoke  .26 -1.11 .17 .13
oval smoke  0 -1.2 .22 .16
line steel_dark  .03  -2.4 0  1.5 0
box accent  -2.2 -.72 -1.2 -.16
box ink  -2.26 -.78 -1.14 -.7
box glow  -2.1 -.6 -1.9 -.4
box glow  -1.8 -.6 -1.6 -.4
box glow  -1.5 -.6 -1.3 -.4
line ink  .05  -1.25 -.2  -.95 -.2
box main  -1 -.86 -.4 -.16
box ink  -1.08 -.92 -.32 -.84
box glow  -.86 -.74 -.54 -.48
poly main  -.4 -.62  .66 -.62  .7 -.24  -.4 -.24
oval dark  .68 -.43 .08 .19
line gold  .03  -.1 -.62  -.1 -.24
line gold  .03  .3 -.62  .3 -.24
poly ink  .4 -.62  .36 -.9  .62 -.9  .56 -.62
oval gold  .02 -.64 .1 .08
poly red  .66 -.22  .98 -.02  .6 -.02
oval ink  -2 -.13 .13 .13
oval red  -2 -.13 .081 .081
oval ink  -2 -.13 .026 .026
oval ink  -1.4 -.13 .13 .13
oval red  -1.4 -.13 .081 .081
oval ink  -1.4 -.13 .026 .026
oval ink  -.72 -.19 .19 .19
oval red  -.72 -.19 .118 .118
oval ink  -.72 -.19 .038 .038
oval ink  -.22 -.19 .19 .19
oval red  -.22 -.19 .118 .118
oval ink  -.22 -.19 .038 .038
oval ink  .24 -.14 .14 .14
oval red  .24 -.14 .087 .087
oval ink  .24 -.14 .028 .028
oval ink  .54 -.14 .14 .14
oval red  .54 -.14 .087 .087
oval ink  .54 -.14 .028 .028
line steel  .04  -.72 -.14  .24 -.14
"""

BALLOON = """
line wood  .012  -.16 -.36  -.09 -.16
line wood  .012  .16 -.36  .09 -.16
line wood  .012  0 -.34  0 -.16
blob main  -.1 -.3  -.3 -.5  -.38 -.72  -.28 -.93  0 -1  .28 -.93  .38 -.72  .3 -.5  .1 -.3
blob accent  -.07 -.3  -.2 -.5  -.25 -.72  -.17 -.94  -.05 -.99  -.09 -.72  -.07 -.5  -.02 -.3
blob accent  .07 -.3  .2 -.5  .25 -.72  .17 -.94  .05 -.99  .09 -.72  .07 -.5  .02 -.3
poly dark  -.1 -.31  .1 -.31  .06 -.26  -.06 -.26
poly wood  -.1 -.16  .1 -.16  .08 0  -.08 0
box sand  -.11 -.18 .11 -.14
"""

BICYCLE = """
ring ink  .05 -.56 -.36 .34
ring steel  .015 -.56 -.36 .3
line steel  .008  -.266 -.3  -.85 -.437
line steel  .008  -.398 -.108  -.707 -.621
line steel  .008  -.628 -.068  -.475 -.648
line steel  .008  -.817 -.205  -.294 -.499
ring ink  .05 .56 -.36 .34
ring steel  .015 .56 -.36 .3
line steel  .008  .854 -.3  .27 -.437
line steel  .008  .722 -.108  .413 -.621
line steel  .008  .492 -.068  .645 -.648
line steel  .008  .303 -.205  .826 -.499
line main  .055  -.56 -.36  -.1 -.36
line main  .055  -.56 -.36  -.24 -.76
line main  .055  -.1 -.36  -.28 -.86
line main  .055  -.24 -.76  .38 -.8
line main  .055  -.1 -.36  .4 -.74
line main  .05  .56 -.36  .34 -.94
blob wood  -.44 -.9  -.2 -.92  -.14 -.88  -.3 -.84
bow ink  .045  .34 -.94  .4 -1  .52 -.98  .54 -.9
ring steel_dark  .03 -.1 -.36 .09
line steel_dark  .03  -.1 -.36  0 -.2
line ink  .04  -.06 -.18  .08 -.18
"""

SUBJECTS = {
    "boat": Subject(0.46, "sea", ("red", "teal", "navy", "emerald"), strokes(BOAT), "water"),
    "ship": Subject(0.34, "sea", ("crimson", "navy", "black"), strokes(SHIP), "water"),
    "car": Subject(0.26, "road", PAINTS, strokes(CAR)),
    "train": Subject(0.28, "meadow", ("crimson", "emerald", "navy"), strokes(TRAIN)),
    "balloon": Subject(0.5, "meadow", PAINTS, strokes(BALLOON), "air"),
    "bicycle": Subject(0.36, "road", PAINTS, strokes(BICYCLE)),
}
