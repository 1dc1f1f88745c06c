"""Whether a request asks for a picture, or only uses a word that may mean one."""

from __future__ import annotations

import re

__all__ = ["FIGURE_ROOTS", "asks_for_figure", "mentions_figure"]

_NOT_A_PICTURE = (
    r"(?![- ](?:of (?:accounts|lands?|ground)|topp\w+|positions?|entr\w+|weeks?|ranks?|ranking"
    r"|numbers?|sizes?|areas?|ids?|summar\w+|twists?|owners?|outlines?|keywords?|descriptions?"
    r"|holders?|longer|shorter|larger|bigger|smaller|above|below|over|under|yields?|lines? of"
    r"|data|history|tables?"
    r"|columns?|lists?|lengths?|sheets?|steps?|files?|values?|statistics|stats|(?:un)?directed"
    r"|of (?:the|this|each|every|a) (?:movie|film|book|novel|story|play|episode|series)s?)\b)"
)
_NOT_AS_DATA = (
    r"(?!(?:(?! and )[^.;,\n]){0,60}\b(?:as|in) (?:an? )?(?:(?:python|nested|plain) )?"
    r"(?:dict\w*|series"
    r"|lists?"
    r"|arrays?|tables?|data ?frames?|json|csv|tuples?|text|numbers?|counts?|counter)\b)"
)
"""A chart of … as a table is none."""
_KIND = (
    r"(?:bars?|stacked|grouped|pie|donut|line|area|scatter|violin|box|density|kde|contour|count"
    r"|pair|joint|strip|swarm|residual|qq|q-q|probability|surface|polar|radar|bubble|time[- ]series"
    r"|histogram|waterfall|funnel|3d|candlestick|regression|correlation|trend|dot|step)"
)
_SURE = (
    rf"(?:heat ?maps?|histograms?|scatter[- ]?plots?|box[- ]?(?:and[- ]whisker )?plots?|boxplots?"
    rf"|{_KIND}[- ](?:charts?|plots?|graphs?|diagrams?)|violins? plots?|barplots?|barcharts?"
    rf"|lineplots?|pairplots?|clustermaps?|choropleths?|subplots)"
)
"""Words that name a kind of picture."""
_NOT_ITS_DATA = (
    r"(?! (?:is|was|shows?|looks?|has|counts?|bins?|edges|data|matrix|values?|statistics|stats"
    rf"|tables?|titles?|steps?)\b){_NOT_AS_DATA}"
)
_MAYBE = (
    r"(?:plots(?! (?:with|without|where|whose|that|which|grouped|in|on)\b)|plot|charts?"
    r"|visuali[sz]ations?|diagrams?|graphs?(?! (?:theory|traversal|structure|database)))"
    rf"{_NOT_A_PICTURE}{_NOT_AS_DATA}"
)
"""Words that may name something else: a plot of land, a graph of nodes."""
_MAKE = (
    r"(?:plot|draw|show|create|make|produce|generate|display|render|give|add|include|build|sketch"
    r"|need|want|provide|prepare|save|see|use|return|present|get|have|visuali[sz]e"
    r"|illustrat\w+|put|print|output|like)"
)
_DRAW = r"(?:plot|draw|create|make|produce|generate|display|render|build|save)"
_BETWEEN = (
    r"(?:(?!(?:of|with|without|for|per|by|in|from|on|that|which|and|to|how|number|many|as|is|are"
    r"|all|no|not|sales|these|those|each|every|or|at|look|behind|whose|where|only|rows?|columns?"
    r"|values?|underlying|seating|org|organi[sz]ational|patients?|medical|dependency|call|social"
    r"|friendship|citation|knowledge)\b)[\w'/-]+[ ,]+){0,4}?"
)
_START = (
    r"(?:^|[.;:!?\n,(][ ]*(?:\d+[.)] ?|[-*•] ?)?|(?:\b(?:and|then|please|also|next|finally|lastly"
    r"|first|additionally|to be|or|but|just|simply|plus|me"
    r"|(?:can|could|would|will|should|must) (?:you|we|i)|help me(?: to)?|let'?s|let us"
    r"|(?:want|like|need|have|love)(?: you)? to|how (?:do|can|would|should) (?:i|you|we|one)"
    r"|(?:matplotlib|seaborn|plotly|pandas|python) to)\s+"
    r"(?:please |also |then |just )?))"
)
_OBJECT = r"(?!(?:then|and|or|in|is|are|was|were|by|id|ids|has|have)\b)"
_ASKS = [
    # draw … a chart
    rf"\b{_MAKE} (?:(?:me|us|out) )?{_BETWEEN}{_SURE}\b{_NOT_ITS_DATA}",
    # … a chart, some charts; plots of
    rf"\b{_MAKE} (?:(?:me|us|out) )?(?:an?|some|another|the same) {_BETWEEN}{_MAYBE}\b",
    rf"\b(?:{_DRAW}|show) (?:me )?(?:one|two|three|four|several|separate|\d+) {_BETWEEN}{_MAYBE}\b",
    rf"\b{_DRAW} (?:me )?(?:[\w-]+ )?(?=\w+s\b){_MAYBE} (?:of|for|from|comparing|showing|per)\b",
    rf"\b(?:{_DRAW}|show) (?:me )?(?=\w+s\b){_MAYBE} (?:of|for|comparing|showing)\b",
    rf"\b(?:{_DRAW}|show|see) (?:(?:me|us) )?the {_BETWEEN}(?!\w+s\b){_MAYBE}\b",
    # plot the tips, visualize it
    rf"{_START}(?:plot{_NOT_A_PICTURE}|visuali[sz]e)\s+{_OBJECT}[\w'\"`$(]",
    rf"{_START}(?:chart|graph)\s+(?:the|a|my|this|it|its|their|our|how|each|these|those|both)\b",
    (
        rf"{_START}(?:draw|sketch)\s+(?:the|a|an|it|this|\w+'s)\s+(?:[\w-]+\s+){{0,4}}?"
        r"(?:lines?|curves?|distributions?|maps?|circles?|squares?|picture|image|boxes|bars|shapes?)\b"
    ),
    # Histogram of ages; …, and a heatmap; as a bar chart
    (
        rf"(?:^|[.;:!?\n][ ]*|,[ ]*(?:and |then |plus |with )?)(?:(?:an?|one|two|three|\d+) )?"
        rf"(?:(?!(?:the|using|for|how|many|which|what|whose)\b)[\w-]+ ){{0,2}}?"
        rf"{_SURE}\b{_NOT_ITS_DATA}"
    ),
    (
        rf"\b(?:and|plus|with|then|as|in|into|via|through) (?:an?|one|two|three|some)"
        rf" (?:[\w-]+ ){{0,3}}?{_SURE}\b{_NOT_ITS_DATA}"
    ),
    rf"(?:^|[.;:!?\n][ ]*)(?:an? )?(?:[\w-]+ )?{_MAYBE} (?:of|showing|comparing|for)\b",
    rf"\b(?:and|plus|as|into|in|with) (?:also )?an? (?:[\w-]+ ){{0,2}}?{_MAYBE}\b",
    # a figure: often a number
    (
        rf"\b{_DRAW} (?:me )?(?:(?:an?|the)? ?(?:(?!one\b)[\w-]+ ){{0,2}}?figure"
        r"|(?:two|three|four|\d+|some) (?:[\w-]+ )?figures)\b(?! (?:for|per|in|by)\b)"
    ),
    r"\bfigures? with (?:an?|one|two|three|four|\w+) (?:[\w-]+ )?(?:panels?|subplots?|axes|plots?)",
    r"\b(?:code|script|program|function) (?:that|which) (?:plots?|draws?|visuali[sz]es?)\b",
    r"\b(?:matplotlib|seaborn|plotly) (?:figures?|plots?|charts?|graphs?)\b",
    r"\b(?:be|them|it|results?|data) (?:plotted|visuali[sz]ed|charted|graphed)\b",
]
_ASKING = [re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in _ASKS]
_WORDS = re.compile(
    rf"\b(?:{_SURE}|plots?|charts?|graphs?|figures?|diagrams?|visuali[sz]\w+|draw)\b",
    re.IGNORECASE,
)
FIGURE_ROOTS = re.compile(
    r"plot|chart|graph|figure|diagram|visuali|draw|sketch|heat|histogram|clustermap|choropleth",
    re.IGNORECASE,
)
"""Every phrase above has one of these; a request without any needs no closer look."""
_DECLINED = re.compile(
    r"\b(?:no|not|don'?t|doesn'?t|never|without|instead of|rather than|skip|avoid|omit|cannot"
    r"|can'?t|couldn'?t|isn'?t|won'?t|needn'?t|already|nor|neither|except|previous|existing"
    r"|earlier|used to|last (?:week|month|time)|conclusions?|hates?|my own|our own|mentions?"
    r"|i(?:'ll| will)(?! (?:need|want|like))|we(?:'ll| will)(?! (?:need|want|like)))\b",
    re.IGNORECASE,
)
_CONDITIONAL = re.compile(
    r"\b(?:optional(?:ly)?|if (?:requested|asked|wanted|needed|desired|set)|on request"
    r"|(?:if|when|whenever|where) (?:[\w']+ ){1,4}?(?:is|are)"
    r" (?:true|set|enabled|requested|wanted|given|asked for)"
    r"|(?:if|when|whenever|where) (?:requested|asked|enabled|wanted|desired|needed))\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.;:!?\n]")
_CLAUSE_END = re.compile(r"[,.;:!?\n]|$")
_CLAUSE = re.compile(
    r"[.;:!?\n]|,| - | – | — |\b(?:but|because|so that|so|then|only)\b", re.IGNORECASE
)
_CODE = re.compile(
    r"(?P<fence>```|~~~).*?(?:(?P=fence)|\Z)|`[^`\n]*`|\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w)"
    r"|^(?:>>>|\s*(?:import|from) \w).*$|[\w.\])]+\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)"
    r"|\b[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|^\s*[\w.]+\s*=.*$|https?://\S+",
    re.DOTALL | re.MULTILINE,
)
"""Code, names and quotations in a request."""
_NETWORK = re.compile(
    r"\b(?:nodes?|edges?|vertex|vertices|networkx|adjacency|shortest|directed|knowledge graph)\b",
    re.IGNORECASE,
)


def asks_for_figure(request: str) -> bool:
    """Whether a request clearly asks for a picture: a verb and what to draw, not only a word."""
    text = _plain(request)
    return any(
        not _is_declined(text, found) for pattern in _ASKING for found in pattern.finditer(text)
    )


def mentions_figure(request: str) -> bool:
    """Whether a word in a request may mean a picture."""
    text = _plain(request)
    return any(not _is_declined(text, found) for found in _WORDS.finditer(text))


def _plain(request: str) -> str:
    """Return the request's own words, without code and names in it."""
    text = _CODE.sub(" x ", request.replace("’", "'"))
    if _NETWORK.search(text):
        text = re.sub(r"\bgraphs?\b", "network", text, flags=re.IGNORECASE)
    return re.sub(r"[ \t]+", " ", text)


def _is_declined(text: str, found: re.Match[str]) -> bool:
    """Whether the clause says that it isn't wanted, is there already, or only under a condition."""
    sentence = max((at.end() for at in _SENTENCE_END.finditer(text, 0, found.start())), default=0)
    rest = _CLAUSE_END.search(text, found.end())
    if rest is not None and _CONDITIONAL.search(text, sentence, rest.start()):
        return True
    start = max((end.end() for end in _CLAUSE.finditer(text, 0, found.start() + 1)), default=0)
    return _DECLINED.search(text, start, found.end()) is not None
