"""English phrases of small talk, as regular expressions over words with single spaces between them."""

from __future__ import annotations

from kb_server.dialogue.complaints_english import ENGLISH_DISSATISFIED, ENGLISH_TROUBLE
from kb_server.dialogue.talk import Talk

ENGLISH_FILLERS = r"""
(?:please|pls|plz|so|well|oh|ah|um|uh|hmm+|haha+|lol|ai|bot|chatbot|assistant|there|everyone|everybody
|all|team|guys
|folks|friend|buddy|mate|dear|sir|madam|again|then|now|today|just|really|very|and|but|anyway
|for\ (?:now|today)
|my\ friend|siri|alexa|man|dude|yes|no|ok|okay|great|good|nice|cool|perfect|awesome|wow)
"""
"""Words that may stand between phrases and are none alone."""

_VERY = r"""
(?:(?:so|very|really|super|quite|pretty|extremely|totally|completely|absolutely|just
|such\ an?|an?|the|all)\ )*
"""
_HELP = r"""
(?:all\ )?(?:of\ )?(?:your|the|ur|that|this)?\ ?(?:kind|great|quick|prompt|fast|detailed|helpful
|useful|clear|good|nice|excellent|wonderful)?\ ?
(?:help|assistance|answers?|info|information|support|repl(?:y|ies)|responses?|time|explanations?|advice
|service
|clarification|steps|instructions|guidance|pointers?|links?|solution|fix|heads\ up|tips?|patience
|kindness|effort|everything|that|this|it
|(?:helping|assisting|answering|explaining|chatting|talking|clarifying|responding)(?:\ (?:me|us|it|that
|that\ for\ me))?(?:\ out)?)
"""
_BEING = r"""
(?:an?\ |the\ )?(?:(?:real|actual|live|living|real\ life|automated)\ )*
(?:bot|robot|ai|a\.?i|chat\ ?bot|machine|computer(?:\ program)?|program|human(?:\ being)?|person
|someone\ real|real|alive|artificial
|fake|not|automated|assistant|chatgpt|gpt|llm|language\ model|artificial\ intelligence|software)
"""
_BEINGS = rf"{_BEING}(?:\ (?:or|and)\ (?:if\ )?(?:are\ you\ |you're\ |you\ are\ )?{_BEING})*"
_TELL = r"""
(?:(?:can|could|would)\ you\ (?:please\ )?|please\ )?(?:tell\ me|specify|say|let\ me\ know)(?:\ now)?
|(?:i|may\ i|do\ you)\ (?:(?:need|want|would\ like)\ to\ )?know|i\ (?:was|am)\ (?:wondering|curious)
|is\ there\ a\ way\ to\ tell
"""
_PEOPLE = r"""
(?:an?\ |the\ |your\ |some\ |any\ |one\ of\ your\ )?(?:(?:real|live|actual|human|customer|support
|service|technical|tech|sales)\ )*
(?:human(?:\ being)?|person|agents?|representatives?|reps?|operators?|someone|somebody|support|service
|staff|advis[oe]rs?
|employees?|manager|supervisor|team|people|specialist|guy)
"""
_WISH = r"""
(?:(?:can|could|may|might)\ (?:i|we)\ (?:please\ )?|(?:can|could|would|will)\ you\ (?:please\ )?
|(?:i|we)\ (?:just\ |really\ |only\ )?(?:want|need|would\ like|wish|prefer|would\ rather|would\ prefer
|have)\ (?:you\ )?(?:to\ )?
|i'd\ (?:just\ )?(?:like|rather|prefer)\ (?:you\ )?(?:to\ )?|let\ me\ |how\ (?:can|do)\ i[ ]
|is\ it\ possible\ to\ |i\ must\ |want\ to\ |need\ to\ )?
"""
_ABOUT = r"(?:\ (?:about|regarding|concerning)(?:\ [\w']+){1,6})?"

ENGLISH_PHRASES = {
    Talk.PERSON: rf"""
    {_WISH}(?:talk|speak|chat|talking|speaking|chatting)\ (?:directly\ )?(?:to|with)\ {_PEOPLE}{_ABOUT}
    |{_WISH}(?:connect|transfer|forward|escalate|hand|put|pass|redirect|route|switch)\ (?:me|us
    |this)\ (?:over\ |through\ )?(?:to|with)\ {_PEOPLE}{_ABOUT}
    |(?:{_WISH}(?:get|give|have|find|send)?\ ?(?:me\ )?)(?:an?\ )?(?:real|live|actual|human)\ (?:human
    |person|agent|operator|representative|support|being)
    |{_WISH}(?:get|give|have)\ (?:me\ )?(?:an?\ )?(?:agent|representative|operator|human)
    |(?:i|we)\ (?:want|need|would\ like|prefer)\ (?:an?\ )?(?:agent|representative|operator|human
    |person)|i'd\ like\ an?\ (?:agent|representative|operator|human)
    |(?:a\ )?human|(?:agent|representative|operator)\ please|(?:is\ there
    |are\ there)\ (?:an?y?\ )?(?:human|real\ person|real\ people|people)(?:\ (?:i\ can\ (?:talk
    |speak)\ to|here|available))?
    """,
    Talk.DISSATISFIED: ENGLISH_DISSATISFIED,
    Talk.TROUBLE: ENGLISH_TROUBLE,
    Talk.ANGER: rf"""
    (?:(?:you|u|this|that|it|this\ (?:bot|thing|chat|chatbot|service)|the\ bot)(?:'re|'s|\ are|\ is
    |\ was|\ were)\ |ur\ |how\ |what\ )?{_VERY}
      (?:useless|stupid|dumb|terrible|awful|horrible|ridiculous|rubbish|garbage|crap|trash|bullshit
      |annoying|frustrating|idiot|idiotic|moron
      |waste\ of\ (?:my\ )?time|joke
      |hopeless|pathetic|worst|shit|shitty
      |incompetent|disappointing|disappointed)(?:\ (?:bot|robot|machine|thing|ai|chatbot|answer
      |service|at\ all|ever))?
    |you\ (?:really\ )?suck|this\ (?:really\ )?sucks|screw\ (?:you|this|it)|fuck(?:\ (?:you|off|this
    |it))?|fucking\ hell|wtf|damn(?:\ (?:it|you|bot))?|shut\ up|go\ to\ hell
    |i\ hate\ (?:you|this)(?:\ (?:bot|thing|chatbot))?|are\ you\ (?:stupid|dumb|serious
    |kidding(?:\ me)?|joking)
    |you\ (?:don't|do\ not|didn't|can't|cannot|never)\ (?:even\ )?(?:understand|get\ it|help|listen
    |know)(?:\ (?:me|anything|a\ thing|at\ all))*
    |i(?:'m|\ am)\ {_VERY}(?:angry|frustrated|annoyed|upset|fed\ up|furious|mad
    |pissed(?:\ off)?)(?:\ (?:with|at|by)\ (?:you|this))?
    |ugh+|argh+|bad\ bot
    """,
    Talk.ABOUT_SERVER: rf"""
    who\ are\ you|what\ are\ you|who\ (?:am\ i|are\ we)\ (?:talking|speaking|chatting)\ (?:to|with)
    |who\ is\ this|who's\ this
    |(?:are|is)\ (?:you|this)\ (?:really\ |actually\ |just\ |even\ |secretly\ |considered\ )?{_BEINGS}
    |am\ i\ (?:talking|speaking|chatting)\ (?:to|with)\ {_BEINGS}|what\ are\ you\ {_BEINGS}
    |how\ real\ are\ you
    |(?:i\ think\ |so\ )?(?:you|u)(?:'re|\ are|\ sound\ like)\ (?:just\ |only\ )?{_BEINGS}(?:\ (?:right
    |aren't\ you))?
    |(?:{_TELL})\ (?:if|whether|that)\ (?:you(?:'re|\ are|\ were)|this\ is)\ (?:really\ )?{_BEINGS}
    |(?:do|would|should)\ (?:you|i)\ (?:consider|identify|regard|think|say)\ (?:yourself[ ]
    |you\ )?(?:as\ |that\ )?(?:you\ are\ |to\ be\ )?{_BEINGS}
    |(?:how\ do\ i\ know|prove)\ (?:if\ |that\ )?you(?:'re|\ are)\ {_BEINGS}
    |(?:can\ you\ |please\ )?(?:tell\ me\ )?what(?:'s|\ is|s)?\ your\ name(?:\ is)?
    |do\ you\ have\ a\ name|what\ (?:should|can|do)\ (?:i|people)\ call\ you|your\ name
    |(?:can\ you\ )?tell\ me\ your\ name
    |who\ (?:made|created|built|programmed|designed|developed|trained|owns)\ you|who(?:'s
    |\ is)\ your\ (?:creator|maker|owner|developer|boss)
    |(?:please\ |can\ you\ )?introduce\ yourself|tell\ me\ about\ yourself|what\ (?:can|do)\ you\ (?:do
    |know)|what\ can\ you\ (?:do\ for\ me|help\ (?:me\ )?with|answer)
    |how\ can\ you\ help(?:\ me)?|what\ (?:can|should|could)\ i\ ask(?:\ you)?(?:\ about)?
    |what\ (?:kinds?|sorts?|types?)\ of\ (?:questions|things)\ (?:can|could)\ (?:i\ ask(?:\ you)?
    |you\ (?:answer|do|help\ (?:me\ )?with))
    |how\ old\ are\ you|what(?:'s|\ is)\ your\ (?:age|purpose|job|function)|where\ are\ you(?:\ from)?
    |how\ smart\ are\ you
    |(?:can|do)\ you\ (?:speak|understand)\ (?:english|korean)
    """,
    Talk.THANKS: rf"""
    (?:no\ )?(?:thanks|thanx|thank\ (?:you|u|ya|yo)|thankyou|thx|thnx|tnx|ty|tysm|tyvm|cheers
    |much\ appreciated|(?:many|much|big)\ thanks|appreciated)
      (?:\ (?:so|very|that)\ much|\ a\ (?:lot|ton|million|bunch)|\ loads|\ again|\ kindly|\ anyway
      |\ though|\ in\ advance)*(?:\ for\ {_HELP})?
    |(?:i|we)\ (?:really\ |do\ |truly\ |so\ |very\ much\ )?(?:appreciate
    |thank\ you\ for)(?:\ {_HELP})?(?:\ (?:so|very)\ much|\ a\ lot)?|appreciate\ {_HELP}|i\ (?:want
    |need|would\ like|wanted)\ to\ thank\ you(?:\ for\ {_HELP})?
    |i(?:'m|\ am)\ {_VERY}(?:grateful|thankful)(?:\ for\ {_HELP}|\ to\ you)?
    |(?:that|this|it)(?:'s|\ is|\ was)\ {_VERY}(?:helpful|great|perfect|awesome|useful
    |kind(?:\ of\ you)?|nice(?:\ of\ you)?|good|wonderful|amazing|excellent|what\ i\ needed)
    |(?:you|u)(?:'re|\ are|\ were|'ve\ been|\ have\ been|\ been)\ {_VERY}(?:(?:great|big|huge|real
    |good)\ help|helpful|best|awesome|great
    |amazing|kind|lifesaver|life\ saver|good|nice|doll|star|big\ help|sweet|wonderful)
    |(?:great|good|nice|well|awesome|excellent|amazing)\ (?:job|work|done|answer|help)|very\ helpful
    |how\ (?:kind|nice)\ of\ you
    |(?:that|this|it|you)\ (?:really\ )?(?:helped|helps|worked|works)(?:\ (?:me|a\ lot|so\ much|great
    |perfectly|now|out))*|works\ now|(?:problem|issue)\ solved|solved
    |(?:i|we|let\ me)\ (?:really\ |can\ not\ |cannot\ |can't\ )?thank\ you(?:\ enough)?
    |thank\ you\ so\ very\ much|why\ thank\ you|much\ obliged|i\ owe\ you(?:\ one)?
    |your\ (?:help|answers?|assistance|support|efforts?|advice)\ (?:is|was|are|were)\ (?:very\ |much[ ]
    |really\ |so\ |greatly\ )*(?:appreciated|good|helpful|great|useful|perfect)
    |i(?:'m|\ am)\ (?:so\ |very\ |really\ )?(?:happy|glad|pleased)\ (?:with|about|for
    |that\ you\ gave\ me|you\ gave\ me)\ (?:your|the|this)\ (?:answer|help)|i(?:'m|\ am)\ (?:so[ ]
    |very\ )?glad\ you\ helped(?:\ me)?
    |thanks\ for\ (?:letting\ me\ know|answering\ my\ questions?|giving\ me\ (?:assistance|help)
    |your\ cooperation)
    """,
    Talk.GOODBYE: r"""
    bye(?:\ ?bye)?|good\ ?bye|see\ (?:you|ya|u)(?:\ (?:later|soon|around|tomorrow|then|again|next\ time
    |in\ a\ (?:bit|while)))?|(?:talk|speak|chat)\ (?:to\ you\ |with\ you\ )?(?:later|soon)
    |(?:i\ will|i'll)\ (?:talk|speak|chat|see)\ (?:to\ |with\ )?you\ (?:later|soon|tomorrow)|later
    |laters|take\ (?:care|it\ easy)|good\ ?night|have\ (?:a|an)\ (?:very\ )?(?:good|great|nice|lovely
    |wonderful|awesome)\ (?:day|one|evening|night|weekend|time|afternoon|rest\ of\ your\ day)
    |i(?:'ve|\ have|'ll\ have)?\ ?(?:got\ to|gotta|have\ to|need\ to|must)\ (?:go|leave|run)|i(?:'m
    |\ am)\ (?:leaving|off|done|out|outta\ here|going\ now|good|finished|all\ set)|gotta\ go|farewell
    |so\ long|cya|ttyl|adios|ciao|cheerio
    |(?:(?:it|this)(?:'s|\ was|\ has\ been)\ |i\ had\ )?(?:been\ )?(?:a\ )?(?:so\ )?(?:nice|great|good
    |pleasure|fun|lovely)\ (?:talking|chatting|speaking|talk|chat)(?:\ (?:to|with)\ you)?
    |(?:it\ was\ )?(?:nice|great|good)\ to\ (?:talk|chat|speak)\ (?:to|with)\ you
    |catch\ you\ later|until\ next\ time|peace(?:\ out)?|(?:that|this)(?:'s|\ is|\ will\ be|'ll\ be
    |\ was)\ (?:all|it|everything)(?:\ i\ (?:need|needed|wanted|want)(?:\ to\ know)?)?
    |nothing(?:\ else)?|no\ more\ questions|sleep\ well
    |(?:i\ must|i\ have\ to|it(?:'s|\ is)\ time\ to|i\ want\ to|time\ to)\ (?:say\ (?:good\ ?bye|bye)
    |get\ going)|i(?:'m|\ am)\ saying\ good\ ?bye|good\ ?bye\ to\ you|sayonara|ta\ ?ta|toodles
    |fare\ ?well|later\ gator|see\ you\ later\ alligator
    |(?:see|catch)\ you\ around|(?:i'll|i\ will)\ be\ (?:leaving|going|off)|i(?:'m|\ am)\ out\ of\ here
    |(?:(?:it|this|that)(?:'s|\ is|\ was|\ has\ been)\ )?(?:always\ )?(?:so\ |really[ ]
    |very\ )?(?:a\ )?(?:nice|great|good|cool|pleasant|enjoyable|lovely|fun|pleasure
    |wonderful)\ (?:to\ )?(?:be\ able\ to\ )?
      (?:talk|chat|speak|converse|catch\ up|see|have|talking|chatting|speaking|conversing|having
      |seeing)(?:\ (?:this|a)\ (?:conversation|talk|chat))?(?:\ (?:to|with))?(?:\ you)?
    |i(?:'m|\ am)\ glad\ (?:we|i)\ got\ to\ (?:talk|chat|speak)(?:\ (?:to|with)\ you)?
    |i\ enjoyed\ (?:our|the|this|talking|chatting|speaking)\ (?:talk|chat|conversation|to\ you|with\ you)
    |(?:this|it|that)\ was\ a\ (?:nice|great|good|lovely)\ (?:conversation|talk|chat)
    """,
    Talk.GREETING: r"""
    hi+|hiya|hello+|hey+a?|howdy|yo|greetings(?:\ to\ you)?|hallo|(?:a\ )?(?:very\ )?good\ (?:morning
    |afternoon|evening|day)(?:\ to\ you)?|morning|evening|sup|what's\ (?:up|new|happening|going\ on)
    |whats\ up|wass?up|welcome\ back
    |(?:it(?:'s|\ is)\ )?(?:so\ )?(?:nice|good|great|pleased|glad|a\ pleasure|lovely)\ to\ (?:meet|see
    |e-?meet)\ you|how(?:\ are|\ r|'re)\ (?:you|u|ya|things|everything)(?:\ (?:doing|feeling|going
    |treating\ you|been))?(?:\ (?:with|for)\ you)?
    |how(?:'s|\ is)\ (?:it|everything|life|your\ day|things|the\ day)(?:\ (?:going|been|treating\ you
    |with\ you|so\ far))*|how\ have\ you\ been|have\ you\ been\ (?:good|well|okay|ok)|how\ do\ you\ do
    |how\ you\ doing|are\ you\ (?:ok|okay|well|doing\ (?:ok|okay|well))(?:\ right\ now)?
    |(?:is\ )?any(?:body|one)\ (?:there|here)|(?:are\ )?you\ there
    |(?:i\ )?(?:just\ )?(?:wanted\ to\ )?(?:say|saying)\ (?:hi|hello)|long\ time\ no\ see
    |i(?:'ve|\ have|\ got|'ve\ got)?\ (?:a|some|another|one\ more|one)\ (?:quick[ ]
    |small\ )?questions?(?:\ for\ you)?|(?:can|could|will)\ you\ (?:please\ )?(?:help
    |assist)(?:\ me)?(?:\ out)?|(?:can|may|could)\ i\ ask\ (?:you\ )?(?:a\ question|something|you)
    |hola|aloha|bonjour|salutations|ahoy|why\ hello|how\ goes\ it|how(?:\ have
    |'ve)\ you\ been(?:\ (?:doing|feeling))?|how\ do\ you\ feel|tell\ me\ how\ you(?:'ve\ been|\ are)
    |(?:is|are)\ (?:everything|things)\ (?:going\ )?(?:ok|okay|well|good|fine|alright)(?:\ (?:with
    |for)\ you)?|are\ you\ (?:doing|feeling)\ (?:ok|okay|well|good|fine|alright)
    |(?:hows|how(?:'s|\ is))\ (?:it|everything|life|your\ day|things|my\ ai|the\ ai
    |the\ bot)(?:\ (?:going|hanging|been|doing|treating\ you|with\ you|for\ you|so\ far))*
    |how\ are\ you(?:\ doing)?\ (?:on\ )?this\ (?:fine\ )?(?:day|morning|evening|afternoon)
    |what's\ up\ with\ you
    """,
    Talk.ASSENT: r"""
    yes+|yeah+|yea|yep|yup|ya|yeap|sure(?:\ thing)?|ok+|okay|okey|k|kk|alright|all\ right|fine|no+|nope
    |nah|not\ (?:really|now|yet|sure)|got\ it|gotcha|i\ (?:see|understand|got\ it|agree|know|think\ so
    |guess(?:\ so)?)
    |understood|(?:that\ )?makes\ sense|right|(?:that's\ |that\ is\ )?(?:correct|right|true|fine|ok
    |okay)|exactly|of\ course|absolutely|definitely|certainly|indeed|cool|great|perfect|awesome|nice
    |good|excellent|wonderful|brilliant|amazing|fantastic|lovely|super|wow|oh|ah|hmm+|uh\ huh
    |sounds\ (?:good|great|fine)|will\ do|noted|maybe|perhaps|i\ (?:don't|do\ not)\ (?:know|care|mind
    |think\ so)|i(?:'m|\ am)\ not\ sure|idk|no\ idea|never\ ?mind|nvm|forget\ (?:it|about\ it)
    |no\ (?:problem|worries)|you(?:'re|\ are)\ welcome|ha(?:ha)+|lol
    |yes\ (?:please|i\ do|it\ is|it\ does|that\ is\ it)|no\ (?:i\ don't|it\ isn't|it\ doesn't)
    |please\ do|go\ ahead|do\ (?:it|that)|done
    """,
}
