"""English complaints that name nothing, as regular expressions over words with single spaces between them."""

from __future__ import annotations

_IT = r"(?:it|this|that|everything|nothing|something|things|these|those|they)"
_STILL = r"(?:(?:still|just|really|simply|also|now|always|suddenly|again|somehow|apparently|even)\ )*"
_AT_ALL = r"""
(?:\ (?:at\ all|any\ ?more|any\ longer|for\ me|for\ us|properly|correctly|right|now|again|either
  |here|today|yet
|as\ (?:expected|described|it\ should)|like\ (?:that|this)))*
"""
_NOT = r"""
(?:doesn't|does\ not|don't|do\ not|didn't|did\ not|won't|will\ not|isn't|is\ not|aren't|wasn't
  |was\ not|can't
|cannot|never|not|doesnt|dont|didnt|isnt|wont)
"""
_TRIED = r"""
(?:(?:i|we)(?:'ve|\ have)?\ (?:(?:already|just|also)\ )?(?:tried|did|done|followed
  |checked)\ (?:(?:all\ (?:of\ )?|both\ )?
(?:that|this|it|these|them|those|everything(?:\ you\ said)?|the\ steps|those\ steps|these\ steps
  |your\ steps|what\ you\ said
|(?:your|the)\ (?:instructions|answer|advice)))(?:\ (?:already|twice|again|too))?)
"""
_FIRST = r"(?:(?<!.)|(?<=please\ )|(?<=pls\ )|(?<=hi\ )|(?<=hello\ )|(?<=hey\ )|(?<=but\ )|(?<=so\ ))"
"""Whoever cries for help says little before it; *a great help* is thanks."""

ENGLISH_TROUBLE = rf"""
(?:{_TRIED}\ (?:(?:but|and|yet)\ )?)?(?:
  (?:(?:why\ (?:is|does|do|did|won't|isn't|doesn't)\ )?{_IT}(?:'s
  |'re)?\ )?{_STILL}{_NOT}\ {_STILL}(?:seem\ to\ |want\ to\ )?
    (?:work|working|function|functioning|worked|respond|responding)(?:\ out)?{_AT_ALL}
  |why\ (?:doesn't|isn't|won't|does|is|did)\ {_IT}\ (?:not\ )?(?:work|working){_AT_ALL}
  |(?:{_IT}(?:'s|\ is|\ are|\ was|\ has|\ have|\ just)?\ )?{_STILL}(?:broken|broke|failed|fails
  |failing|crashed|crashes
    |crashing|stuck|not\ ok|not\ okay|stopped\ working|keeps\ (?:failing|crashing)|gone\ wrong
    |went\ wrong|frozen
    |freezes){_AT_ALL}
  |{_IT}\ {_STILL}{_NOT}\ (?:happen|change\ anything|do\ anything)
  |nothing\ (?:happens|happened|works|worked|changes|changed|helps|helped){_AT_ALL}
  |(?:no\ luck|(?:the\ )?same\ (?:problem|issue|error|thing|result))(?:\ (?:again|here|so\ far))?
  |(?:(?:i|we)(?:'m|'re|'ve|\ am|\ are|\ have)?\ )?{_STILL}(?:have|has|having|got|get|getting|see
  |seeing|ran\ into|run\ into
    |encountered|experiencing|facing|had)\ (?:an?\ |some\ |the\ |this\ |the\ same\ |another[ ]
    |technical\ |big\ |strange
    |weird\ |any\ )*(?:problems?|issues?|error\ messages?|errors?|troubles?|bugs?|difficult(?:y
    |ies)){_AT_ALL}
  |(?:there(?:'s|\ is|\ was|\ are)?|it(?:'s|\ gives(?:\ me)?|\ shows(?:\ me)?|\ says
  |\ throws)?)\ {_STILL}(?:an?\ |some
    |the\ same\ )*(?:problem|issue|error\ message|error|bug|something\ wrong)(?:\ (?:occurred|occurs
    |appears|appeared))?
  |an?\ (?:error|problem)\ (?:occurred|occurs|appears|appeared|came\ up|comes\ up)
  |something(?:'s|\ is|\ went|\ seems)?\ (?:wrong|off|broken|not\ right)|(?:what(?:'s|\ is)\ wrong)
  |(?:i|we)(?:\ just|\ still|\ really)?\ (?:can't|cannot|can\ not|couldn't|could\ not|don't
  |didn't)\ (?:do\ (?:it|this|that)
    |(?:get|make)\ (?:it|this|that)\ (?:to\ )?(?:work|working|going|done)|manage(?:\ it)?){_AT_ALL}
  |(?:i(?:'m|\ am)\ |we\ are\ )?(?:{_STILL})(?:stuck|lost)(?:\ (?:here|there|at\ this|on\ this))?
  |(?:i|we)\ (?:really\ |urgently\ )?(?:need|want)\ (?:some\ |your\ |a\ bit\ of\ )?(?:help
  |assistance|support)
  |{_FIRST}help(?:\ (?:me|us|needed|wanted|required))?(?:\ (?:out|please|with\ (?:it|this|that)))?|sos
)
"""
"""Something does not work, and nothing says what."""

_ANSWER = r"(?:that|this|it|you|which|(?:your|the|that|this)\ answer)"
_VERY = r"(?:(?:really|just|very|totally|completely|still|also|so)\ )*"
_BEHIND = r"(?:\ (?:at\ all|answer|to\ me|for\ me|again|information|info))*"

ENGLISH_DISSATISFIED = rf"""
thanks?\ (?:you\ )?for\ nothing|thank\ you\ for\ (?:no\ help|wasting\ my\ time)|no\ thanks\ to\ you
|(?:{_ANSWER}(?:'s|'re|\ is|\ are|\ was|\ were)?\ )?{_VERY}(?:not\ (?:very\ |really\ |at\ all[ ]
  |that\ |even\ )?(?:helpful|useful)
  |unhelpful|no\ (?:help|use)|of\ no\ (?:help|use)|wrong|incorrect|nonsense){_BEHIND}
|{_ANSWER}(?:'s|'re|\ is|\ are|\ was|\ were)\ {_VERY}(?:not\ (?:correct|right|true)|false){_BEHIND}
|{_ANSWER}\ (?:isn't|aren't|wasn't)\ {_VERY}(?:correct|right|true|helpful|useful){_BEHIND}
|(?:that|this|it)(?:'s|\ is|\ was)\ (?:still\ )?(?:not|n't)\ (?:what\ i\ (?:asked|meant|wanted|need
  |needed|want|was\ asking)
  (?:\ for|\ about)?|an\ answer|my\ question|the\ (?:right\ )?answer|helping)
|(?:(?:that|this|it|you|your\ answer|the\ answer|none\ of\ (?:that|this|it))\ )?(?:still[ ]
  |really\ )*(?:did\ not|didn't
  |doesn't|does\ not|don't|hasn't|has\ not|have\ not|haven't)\ (?:really\ |even\ )?(?:help|helped
  |answer|answered|solve
  |solved|fix|fixed)(?:\ (?:me|us|at\ all|much|my\ question|my\ problem|the\ problem|it|anything|either))*
|(?:you|it)\ (?:did\ not|didn't|haven't|have\ not)\ (?:even\ )?answer(?:ed)?(?:\ (?:me|my\ question))?
|(?:that|this|it)\ (?:was\ |is\ )?(?:(?:of\ )?no|little)\ help(?:\ (?:at\ all|to\ me))?
|(?:i|we)(?:'m|\ am|\ are)\ (?:still\ )?not\ (?:satisfied|happy)(?:\ with\ (?:that|this|it
  |the\ answer|your\ answer))?
|(?:that|this|it)(?:\ was|\ is|'s)\ a\ (?:bad|poor|useless|terrible|wrong)\ answer|(?:bad|poor
  |useless|terrible)\ answer
"""
"""The answer did not help, or is said to be wrong."""
