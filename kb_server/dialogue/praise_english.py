"""English thanks that praise: the answer, whoever gave it, or what came of it.

Each is a frame: what is praised, then the praise. What was solved may be named (*my login problem*), since
the frame says that nothing is asked about it.
"""

from __future__ import annotations

_MUCH = r"""
(?:(?:so|very|really|super|quite|pretty|extremely|totally|completely|absolutely|just|perfectly|truly
|exactly|much|such\ an?|an?|the)\ )*
"""
_ALREADY = r"(?:(?:now|finally|already|really|totally|completely|just|actually|immediately|quickly)\ )*"
_ANSWER = r"""
(?:(?:that|this|the|your|ur|these|those)\ )?(?:(?:quick|last|first|detailed|clear|short|step\ by\ step)\ )?
(?:answers?|explanations?|repl(?:y|ies)|responses?|instructions?|steps|advice|info(?:rmation)?|tips?|hints?
|suggestions?|solutions?|help|support|guidance|fix)
"""
_THAT = rf"(?:that|this|it|you|{_ANSWER})"
_IT_IS = rf"(?:(?:that|this|it|you)(?:'s|'re|\ is|\ are|\ was|\ were)|{_ANSWER}\ (?:is|was|are|were))"
_GOOD = r"""
(?:clear(?:er)?|perfect|great|good|excellent|amazing|awesome|brilliant|fantastic|wonderful|helpful|useful
|quick|fast|easy|simple|spot\ on|understandable|thorough|precise|impressive|neat|lovely|genius|lifesaver
|life\ saver|legend|star|hero|best)
"""
_PRAISED = r"(?:perfect|great|good|excellent|amazing|awesome|brilliant|fantastic|wonderful|helpful|lovely)"
"""Words that praise without anything before them: *quick replies* may be a feature, *clear info* an order."""
_MATTER = r"""
(?:it|that|this|everything|things
|(?:all\ )?(?:my|the|our|this|that|an?|both|all)(?:\ [\w']+){0,2}\ (?:problems?|issues?|questions?|errors?
|bugs?|doubts?|confusion|troubles?))
"""
_DID = rf"""
(?:(?:fixed|solved|resolved|answered|answers|sorted|cleared|cured|settled)\ {_MATTER}
|(?:did|does)\ (?:it|the\ trick|the\ job)|made\ my\ (?:day|life)|saved\ (?:me|us|my\ (?:day|life|time
|bacon)))
"""
_NEEDED = r"""
(?:i|we)(?:'ve|\ have|\ had|\ was|\ were|\ am|'m)?\ (?:been\ )?(?:needed|wanted|looking\ for|searching\ for
|after|hoping\ for|need|missing)
"""

ENGLISH_PRAISE = rf"""
you\ (?:have\ |'ve\ )?{_ALREADY}saved\ (?:me|us)(?:\ (?:a\ lot\ of\ |so\ much\ |lots\ of\ |some\ |much[ ]
|hours\ of\ )?(?:time|work|trouble|hours|headaches?))?
|{_THAT}\ (?:has\ |have\ )?{_ALREADY}{_DID}(?:\ (?:out|up|for\ me|for\ us|now|today|a\ lot
|completely|right\ away))*
|(?:(?:thanks\ to\ (?:you|this|that)|because\ of\ you|with\ your\ help)\ )?(?:i|we)(?:'ve|\ have)?[ ]
{_ALREADY}(?:solved|fixed|resolved|figured|sorted|understood)\ {_MATTER}
(?:\ (?:out|now|work))*(?:\ thanks\ to\ (?:you|this|that))?
|(?:i|we)(?:'ve|\ have)?\ {_ALREADY}(?:got|have|made)\ (?:it|that|this|everything)\ (?:working|to\ work
|done|work|solved|fixed|sorted)(?:\ (?:now|again|perfectly|fine))*
|(?:got|have)\ (?:it|everything)\ (?:working|solved|fixed|sorted)(?:\ (?:now|again|thanks\ to\ you))*
|(?:all\ )?thanks\ to\ (?:you|your\ (?:help|answer|advice|explanation))
|(?:now|finally|ah)\ (?:i|we)\ {_ALREADY}(?:understand|get\ it|see|know)(?:\ (?:it|how|why|that|now))*
|(?:i|we)\ (?:think\ (?:i|we)\ )?{_ALREADY}(?:understand|get|see|know)(?:\ (?:it|how|why|that))?\ now
|(?:(?:my|the|our)(?:\ [\w']+){{0,2}}\ )?(?:problem|issue|error|question)\ (?:(?:is|has\ been|was
|got)\ )?{_ALREADY}
(?:solved|fixed|resolved|answered|gone|sorted)(?:\ (?:out|now))*
|{_THAT}\ {_ALREADY}(?:worked|works|helped|helps|explains\ it|did\ it|makes\ (?:it\ clear|sense
|things\ clear))(?:\ (?:like\ a\ charm|perfectly|great|fine|well|now|for\ me|me|us|a\ lot|so\ much
|very\ well|really\ well|immediately|wonders|right\ away))*
|{_IT_IS}\ {_MUCH}(?:what|the\ (?:answer|thing|one|info|information|page))\ (?:that\ )?{_NEEDED}
|(?:just|exactly|precisely)\ (?:what|the\ (?:answer|thing|one|info|information|page))\ (?:that\ )?{_NEEDED}
|{_IT_IS}\ {_MUCH}{_GOOD}(?:\ (?:answer|explanation|help|solution|now|to\ (?:follow|understand)))?
|(?:all|everything|it|it's|it\ is|everything's|everything\ is)\ (?:is\ |has\ been\ )?{_ALREADY}(?:sorted
|solved|fixed|resolved|working|works|clear|worked|good|fine)(?:\ (?:out|now|again|fine|perfectly|well))*
|(?:very|super|so|really|extremely|incredibly)\ (?:helpful|useful|kind|clear)
|(?:much|way|a\ lot)\ (?:clearer|better|easier)(?:\ now)?
|(?:(?:(?:what\ an?|such\ an?|an?|very|really|so|super)\ )+{_GOOD}|{_PRAISED})\ (?:answers?|explanations?
|repl(?:y|ies)|responses?|instructions?|tips?|solution|service|support|stuff|as\ always)
"""
"""Praise as a regular expression over words with single spaces between them."""
