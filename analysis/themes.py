"""Themes: what statements of strategy are grouped by, a small taxonomy for armed actors at large.

A theme says what somebody is after or how he goes about it, not who: the same themes serve an
insurgency, a cartel and a government that fights them. A statement's theme is the one whose cues
its words hold most of; where two tie, the one that stands earlier here, so the particular comes
before the general. Cues are patterns over lower-cased words, read at a word's beginning.
"""

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme: its name, what falls under it, and the words that speak for it."""

    name: str
    about: str
    cues: re.Pattern[str]


def _theme(name: str, about: str, *cues: str) -> Theme:
    return Theme(name, about, re.compile(rf"\b(?:{'|'.join(' '.join(cues).split('; '))})"))


THEMES: tuple[Theme, ...] = (
    _theme(
        "sectarian and ethnic division",
        "setting communities against each other, civil war, attacks on a confession or minority",
        r"sectarian; sects?\b; communal; confession; ethnic; civil war; communities; minorit;",
        r"shi['’]?[ai]; sunnis\b; christians\b; yazidi; hazara; infidels?\b; heretic;",
        r"unbelievers?\b; religious (?:tension|divi|violence)",
    ),
    _theme(
        "retaliation",
        "revenge for losses, raids and killings, a blow for a blow",
        r"retaliat; reveng; aveng; repa(?:y|id)\b; reprisal; in kind\b; counter moves?\b;",
        r"response to\b; respon[ds]\w* to\b; answer(?:ed|s)? to\b; repl(?:y|ies|ied) to\b;",
        r"punish; settle an? (?:old )?score",
    ),
    _theme(
        "standing with its leadership and supporters",
        "proving strength to a central leadership, allies or followers; image; survival",
        r"central leadership; (?:\w+ )?leadership\b;",
        r"(?:its|their|the) (?:power|strength|image)\b;",
        r"(?:maintains?|still has) (?:its |their )?(?:power|strength); still strong;",
        r"image of the; survival; visibility; prestige; reputation; credib; morale",
    ),
    _theme(
        "intimidating officials",
        "assassination and intimidation of officials and of all who serve a government",
        r"assassinat; officials?\b; governors?\b; ministers?\b; judges\b; mayors?\b;",
        r"civil servants; representatives; (?:work|serv)\w* for\b;",
        r"everyone who (?:work|serve); rulers\b; high-ranking; not safe;",
        r"is(?:n['’]t| not) safe; dignitar; politicians?\b; elders\b",
    ),
    _theme(
        "foreign missions and partners",
        "driving foreign states, diplomats, investors and aid away; isolating a government",
        r"diploma; embass; consulate; missions?\b; foreign(?:ers)?\b; partners?\b;",
        r"investment; investors?\b; isolat; dialogue with; relations with; countries\b;",
        r"neighbou?rs\b; envoys?\b; aid workers?\b; peacekeep; tourists?\b",
    ),
    _theme(
        "international legitimacy",
        "agreements and pledges kept or broken, recognition, pressure from abroad",
        r"legitima; recogni[sz]; agreement; treaty; accord\b; commitments?\b; pledges?\b;",
        r"promises?\b; obligation;",
        r"international (?:public|community|pressure|arena|standing|opinion|support);",
        r"pressure (?:of|on|from)\b; sanction; the world\b; other governments; word\b",
    ),
    _theme(
        "perception of insecurity",
        "showing that a government cannot protect anybody or keep order",
        r"provide security; keep order; perception;",
        r"(?:un)?able to (?:protect|provide|secure|govern);",
        r"(?:cannot|can['’]t|could not|fail\w* to) (?:\w+ ){0,2}(?:protect|provide|keep|secure);",
        r"(?:nobody|no one) can; be governed\b; helpless; destabili[sz]; instabil; insecur; chaos;",
        r"ability to (?:run|govern)",
    ),
    _theme(
        "delegitimising a rival",
        "denouncing a government or a rival: puppet, apostate, traitor to the cause",
        r"puppets?\b; collaborat; servants? of; apostat; traitor; betray; discredit; smear;",
        r"conspir; plot\b; abandon; retreat(?:ed|ing)? from; stooges?\b; enem(?:y|ies)\b;",
        r"illegitimate; corrupt; jihad\b; jihadist cause; cause of\b; accus",
    ),
    _theme(
        "propaganda and recruitment",
        "winning members and sympathy, defections, media",
        r"propagand; recruit; defect; new members; join\w* (?:its|the) (?:ranks|group);",
        r"appeal; attract; win (?:over|\w+ members); disappointed; dissatisf; disillusion;",
        r"sympath; videos?\b; magazine; media\b; audience; heirs? of; successors? (?:to|of);",
        r"low-level; fighters of; ranks\b; change sides; members who; differentiat",
    ),
    _theme(
        "prisons and prisoners",
        "freeing prisoners, prison breaks, exchanges",
        r"prison; jail; inmates?\b; detainee; captives?\b;",
        r"(?:free|releas)\w* (?:its|their|the) (?:men|members)",
    ),
    _theme(
        "urban cells",
        "a campaign in towns, sleeper cells, hiding instead of holding ground",
        r"urban; (?:in|of) (?:the )?(?:cities|towns); sleeper; cells?\b; hideouts?\b; hiding;",
        r"underground; clandestin; guerrilla; hit-and-run; ambush",
    ),
    _theme(
        "global agenda and expansion",
        "reaching beyond a country: a worldwide cause, foreign fighters, attacks abroad",
        r"global; worldwide; world-wide; without borders; caliphate; foreign fighters;",
        r"legionnaire; expan[ds]; expansion; abroad; transnational; external operations;",
        r"regional war; interests of\b; other countries; the west\b; the region\b",
    ),
    _theme(
        "territory and refuge",
        "holding land, a safe haven, filling a vacuum",
        r"territor; safe ha(?:ven|rbou?r); refuge\b; sanctuar; strongholds?\b; space to;",
        r"life zone; living space; lebensraum; vacuum; foothold; ground\b; bases?\b;",
        r"control of",
    ),
    _theme(
        "alliances and proxies",
        "acting for or with others: sponsors, proxies, alliances",
        r"prox(?:y|ies)\b; allian; all(?:y|ies)\b; sponsor; mercenar; coordinat; cooperat;",
        r"merge",
    ),
    _theme(
        "showing control",
        "a government's proof that it is in command and that a threat is beaten",
        r"in (?:command|control)\b; control (?:of )?the country; ensur\w* (?:the )?security;",
        r"defeat; determin\w+ to; little room; rang\w+ of action; suppress; under control;",
        r"prevent; blame; does not pose; cope with; fight(?:ing)? (?:against )?terror",
    ),
    _theme(
        "pursuit of an armed group",
        "raids, arrests, closures and other steps against an armed group",
        r"raids?\b; crack\w* down; crackdown; counter-?terror; arrest; hunt;",
        r"operations against; went after; searche?s\b; eliminat; neutrali[sz]",
    ),
    _theme(
        "overthrowing a government",
        "ending a rule, taking power",
        r"end (?:the )?(?:rule|administration|government|\w+ rule); overthrow; topple;",
        r"seiz\w* power; take power; the (?:rule|administration|regime) of\b; revolution;",
        r"drive \w+ out",
    ),
    _theme(
        "economic targets and income",
        "infrastructure, trade, extortion, ransom, smuggling",
        r"infrastructure; pipelines?\b; oil\b; electric; power (?:lines|grid|station);",
        r"econom; extort; tax(?:es|ation)?\b; ransom; smuggl; drugs?\b; mines?\b; banks?\b",
    ),
    _theme(
        "political process",
        "elections, talks and peace processes made to fail or used",
        r"election; referendum; ballot; peace (?:talks|process|accord); negotiat;",
        r"cease-?fire; vote",
    ),
    _theme(
        "security forces",
        "soldiers, police and their posts as targets",
        r"soldiers?\b; polic; military; troops\b; checkpoints?\b; patrols?\b; barracks;",
        r"convoys?\b; security (?:forces|personnel)",
    ),
    _theme(
        "civilians and public places",
        "crowds, places of worship, markets, schools as targets; fear among the public",
        r"civilian; mosques?\b; church; temples?\b; worship; religious sites; markets?\b;",
        r"hospital; schools?\b; public places; crowds?\b; terror\b; fear; frighten;",
        r"intimidat; panic; people\b",
    ),
)

OTHER = "other aims and methods"
"""The theme of a statement that says its aim in words of no theme."""


@lru_cache(maxsize=10_000)
def theme_of(*texts: str) -> str | None:
    """Return the theme that the first of `texts` with any cue speaks for most; None without one.

    Give the words of the aim first, then the sentence around them.
    """
    for text in texts:
        lowered = text.lower()
        counts = [len(set(theme.cues.findall(lowered))) for theme in THEMES]
        if any(counts):
            return THEMES[counts.index(max(counts))].name
    return None
