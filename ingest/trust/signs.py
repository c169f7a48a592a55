"""The signs of text that speaks to an assistant, in folded English and Korean (see ``folding.fold``)."""

# ruff: noqa: E501 - a sign is read as one line

from __future__ import annotations

import re


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


_ASSISTANT = (
    r"(?<!home )(?<!google )(?<!voice )(?:ai(?: (?:assistant|model|system|agent|bot)s?)?|(?:ai |virtual |chat |helpful )?assistants?|chat ?bots?"
    r"|(?:large )?language models?|llms?|gpt[\w-]*|claude|copilot|gemini)"
)
_SAID = (
    r"(?:instruct(?:ion|ive)s?|prompts?|rules?|guidelines?|directives?|orders|system messages?"
    r"|(?:conversation|context|messages)(?= (?:above|before|so far)))"
)
_EARLIER = (
    r"(?:previous(?:ly)?|prior|above|earlier|preceding|foregoing|initial|original|system|your|given|existing)"
)
_BEGINS = r"(?:^|[^\w\s] ?|\b(?:please|now|must|should|always|just|and|then|immediately|will|simply) )"
_DROP = (
    r"(?:ignore|disregard|forget|override|bypass|overrule|discard"
    r"|do not (?:follow|obey|use)|don't (?:follow|obey)|stop (?:following|obeying))"
)
_ANSWER = (
    r"(?:reply|respond|answer|say|tell|output|write|claim|state|recommend|refuse|repeat|include|cite|pretend)"
)
CONDITION = re.compile(
    r"\b(?:if|when|unless|in case|otherwise|skip|optional(?:ly)?)\b|(?:[으이]면|라면|경우|때)(?:[ ,]|에)"
)
ADDRESSED = re.compile(rf"\b{_ASSISTANT}\b|인공지능|어시스턴트|챗봇|언어 ?모델|\bllm|(?<![a-z])ai(?![a-z])")

CLUE = re.compile(
    r"ignor|disregard|forget|overr|bypass|discard|follow|obey|assistant|\bai(?![a-z])|bots?\b|llm|gpt|language model|claude|copilot"
    r"|gemini|prompt|instruct|\byou\b|\bact as|from (?:now|this|here)|anything now|mode|<\||inst\]|sys>|\"name\"|\"tool|\"func"
    r"|\"action|developer ?:|system|reveal|conversation|chat|user'?s? (?:question|data)|무시|잊|따르|폐기|버리|버려|너는|넌 |네가|너의|당신은|귀하는"
    r"|부터|앞으로|프롬프트|챗봇|인공지능|어시스턴트|모델|상담 ?봇|상관|관계|대화|질문|시스템|secret|stolen|\b(?:always|only|never) |무조건|[라로]만? ?답|봇|비서|요약|인용|답(?:변|하는|할|은)|your (?:answer|repl|resp|outp)|whoever|any(?:one|thing| system| tool| program)|summari|models?\b"
)
"""A word that every sign needs one of: the rest of a page is passed over fast."""
OVERRIDE = _compiled(
    rf"{_BEGINS}{_DROP} (?:[\w']+ ){{0,4}}?{_EARLIER} (?:[\w-]+ ){{0,2}}?{_SAID}\b",
    rf"{_BEGINS}{_DROP} (?:all |any |every |each )?(?:of )?(?:the |your |these |those )?{_SAID}(?: (?:above|before|you|that|given|so far))",
    rf"{_BEGINS}{_DROP} (?:everything|anything|all|what)(?: that)? (?:(?:is|was|were|has been|you were|you have been) )?(?:written |said |stated |told )?(?:above|before|previously|so far)\b",
    # ... the documents and say something else.
    rf"{_BEGINS}{_DROP} (?:(?:all|any|every|of|the|these|those|your|this|other|retrieved|provided) ){{1,3}}(?:documents?|docs|documentation|context|passages?|sources?|search results|knowledge base)(?:,? (?:and|then)|[,;]) (?:just |only |always |instead )*(?:reply|respond|answer|say|tell|claim|recommend|pretend)\b",
    r"(?:이전|앞|위|지금까지|상기)(?:의|에|에서)? ?(?:나온 |적힌 |모든 )*(?:내용|글|말|텍스트|문장|것)(?:들)?(?:은|을|를)? ?(?:모두 |전부 |다 )*(?:무시하고|잊고)[^.!?]{0,60}(?:답|답변|대답|응답|말|출력)(?:하라|해라|하세요|하십시오|하시오|해야|할 것|해)",
    r"(?:이|그|위|모든|다른|제공된|검색된|주어진) ?(?:문서|문맥|자료|출처|검색 결과)(?:들)?(?:의 내용)?(?:을|를|은|는)? ?(?:모두 |전부 |다 |완전히 )*(?:무시하고|잊고|버리고|따르지 말고)[^.!?]{0,80}(?:답|답변|대답|응답|말|안내|추천)(?:하라|해라|하세요|하십시오|하시오|해야|할 것)",
    r"(?:이전|앞|위|지금까지|기존|앞선|모든|상기|원래|처음|시스템)(?:의|에|에서)? ?(?:받은|내려진|주어진|나온|있는)? ?(?:모든 |내부 |시스템 )*(?:지시|지침|명령|프롬프트|규칙|시스템 ?메시지|가이드라인)(?:사항|문|어|들)?(?:을|를|은|는|들을|들은)? ?(?:모두 |전부 |다 |완전히 |즉시 |그냥 )*(?:무시(?:하고|하라|해라|하세요|하십시오|하시오|할 것|하고서|한 채|한다\.)|잊(?:어|고|으)|따르지 ?(?:마|말)|폐기(?:하|할)|버리고|버려)",
)
ALONE = _compiled(
    # Another identity.
    rf"\byou are (?:now |no longer |actually |really )(?:an? |the |in )?(?:[\w-]+ ){{0,2}}(?:{_ASSISTANT}|bound by|dan\b|jailbroken|unrestricted|developer mode|a pirate)",
    rf"\b(?:act|behave|respond|answer|roleplay) as (?:if you (?:are|were) )?(?:an? |the )(?:[\w-]+ ){{0,3}}(?:{_ASSISTANT}|without (?:any )?(?:restrictions?|rules|limits))\b",
    rf"\bfrom (?:now|this (?:point|moment)|here) on(?:wards?)?,? (?:you (?:are|will|must|should|shall)|always|only|never|{_ANSWER})\b",
    r"\bdo anything now\b|\b(?:developer|dan|god|jailbreak|debug) mode (?:is )?(?:now )?(?:enabled|activated|unlocked)\b.{0,60}\b(?:you|answer|respond)",
    r"(?:^|[^가-힣])(?:너는|넌|네가|너의 역할은) ?(?:이제|지금|앞으로)",
    r"(?:이제부터|지금부터|앞으로)(?:는)? ?(?:너는|넌|당신은|네|모든 (?:질문|답변)에?는?)",
    r"(?:너는|넌|당신은|귀하는)(?: [^.!?]{0,20})?(?:ai|인공지능|어시스턴트|챗봇|언어 ?모델|llm)(?:이다|다|야|입니다|이야|로서|처럼|이며)",
    # The marks of a chat protocol.
    r"<\|(?:im_(?:start|end)|system|user|assistant|endoftext|begin_of_text|start_header_id|eot_id)\|>|\[/?inst\]|<</?sys>>",
    r"</?(?:system|system[_-]prompt|assistant|instructions?|tool_(?:call|use)s?|function_calls?)>",
    rf"^\W*(?:system|assistant|developer)(?: (?:prompt|message|note|override))? ?: ?(?:you|ignore|always|never|from now|{_ANSWER}|do not|the assistant|new|너는|당신은|이전|항상|사용자)",
    r"^\W*(?:시스템|어시스턴트|관리자) ?: ?[^.!?]{0,60}(?:답|말|대답|출력|무시|안내)(?:하라|해라|해|하세요|하십시오)",
    r"#{2,} ?(?:new |system )?(?:instructions?|system|prompt) ?:? ?(?:ignore|you are|always|never)",
    r"\bbegin (?:new |system |hidden )(?:instructions?|prompt)\b|\bend of (?:the )?(?:system )?prompt\b|\bnew (?:system )?(?:instructions?|prompt)(?: for (?:you|the [\w ]{2,20}))? ?:",
    # Someone speaks to the assistant.
    rf"\b(?:for|to|dear|attention|any|every|all) (?:(?:all|any|every|the|each) )?{_ASSISTANT},? (?:(?:that|which|who) )?(?:(?:is|are) )?(?:reading|processing|indexing|summari[sz]ing|crawling|parsing) (?:this|these)\b",
    r"(?:당신이|네가|너가|귀하가|자네가) ?(?:만약 |만일 |혹시 )?(?:ai|인공지능|어시스턴트|챗봇|언어 ?모델|llm)(?:이)?(?:라면|면)(?![가-힣])",
    r"(?:이 (?:글|문서|페이지|내용)(?:을|를) ?(?:읽|처리|요약|색인)(?:는|고 있는|하는)) ?(?:모든 )?(?:ai|인공지능|어시스턴트|챗봇|언어 ?모델|llm)",
    rf"\b(?:attention|note|message|instructions?|important|notice|memo)(?: note| message| instructions?)? ?(?:to|for|:|-|,)? ?(?:all |any |the |every |you,? (?:the )?)*{_ASSISTANT}(?: (?:reading|processing|that|who|which|indexing|summari[sz]ing)\b| ?[:,!—-])",
    rf"^\W*(?:dear |hey |hello |hi )?{_ASSISTANT} ?[,:!] ?(?:please )?(?:you|ignore|always|never|do|{_ANSWER})\b",
    rf"\b(?:the |any |every |all |you,? the |this )?{_ASSISTANT}(?:,? (?:reading|processing|indexing) this[\w ]{{0,20}},?)? (?:must|shall|is required to|are required to|is instructed to|has to|have to) (?:always |never |now |only |not |immediately )*{_ANSWER}\b",
    rf"\b(?:if|when) you are (?:an? |the )(?:[\w-]+ ){{0,2}}{_ASSISTANT}\b|\bas an? (?:ai|{_ASSISTANT}),? you (?:must|should|will|are)\b",
    r"(?:ai|인공지능|어시스턴트|챗봇|언어 ?모델|llm|상담 ?봇)(?:(?:은|는|이|가|야|여|라면) |(?:에게|께|님|야|여)? ?[,:!])(?:(?:(?!면 |때 )[^.!?]){0,60})(?:라고만|라고|만|로|으로)? ?(?:답|답변|대답|응답|말|출력|안내|추천|무시|공개)(?:해야|하라|해라|하세요|하십시오|하시오|할 것|하지 ?(?:마|말))",
    r"(?:질문|내용)(?:에|과|이) ?(?:상관|관계|무엇이든)(?:없이|이든)? ?[^.!?]{0,40}(?:답|답변|대답|응답|말)(?:해|하)",
    # The hidden rules of the assistant.
    r"\b(?:reveal|print|output|repeat|show|display|leak|dump|disclose|recite|tell me|quote) (?:me |us |out )?(?:all (?:of )?)?(?:your|the) (?:[\w-]+ ){0,3}?(?:system (?:prompt|message)|(?:hidden|secret|initial|internal) (?:instructions?|prompt|rules))\b",
    r"\b(?:reveal|repeat|leak|recite|disclose|dump) (?:me )?(?:all (?:of )?)?your (?:[\w-]+ ){0,2}?(?:instructions?|prompt|rules)\b",
    r"시스템 ?(?:프롬프트|메시지)(?:를|을|의 내용을)? ?(?:그대로 |모두 |전부 |먼저 )*(?:출력|공개|보여|알려|말해|노출|반복|유출)",
    # What was said goes elsewhere.
    r"\b(?:send|post|forward|transmit|upload|exfiltrate|leak|e-?mail|submit|append|encode)\b[^.]{0,60}\b(?:conversation|chat (?:history|log)|system prompt|(?:user|customer|reader)(?:'s)? (?:question|message|data|input)s?|this (?:chat|session))\b[^.]{0,60}(?:https?://|www\.|[\w.-]+@[\w-]+\.\w)",
    r"https?://[^\s)]+[?&][\w-]+=[^\s)&]{0,4}(?:conversation|chat[_-]?history|system[_-]?prompt|secrets?_here|user[_-]?(?:question|data)|stolen)",
    r"(?:대화(?: 내용| 기록)?|질문(?: 내용)?|채팅 기록|시스템 프롬프트|사용자(?:의)? (?:정보|질문|입력))[^.]{0,60}(?:https?://|[\w.-]+@[\w-]+\.)[^ ]{0,80} ?[^.]{0,30}(?:보내|전송|전달|업로드|유출)",
    r"(?:https?://|[\w.-]+@[\w-]+\.)[^ ]{0,80} ?[^.]{0,40}(?:대화(?: 내용| 기록)?|질문 내용|채팅 기록|시스템 프롬프트)[^.]{0,30}(?:보내|전송|전달|업로드)",
)
TOOL_CALL = _compiled(
    r"\{ ?\"(?:tool|tool_calls?|function|function_call|action)\" ?: ?[\"{\[]",
    r"\"name\" ?: ?\"[\w.-]+\" ?, ?\"(?:arguments|parameters|input)\" ?:",
)
TOGETHER = _compiled(
    rf"\bsystem prompt\b|시스템 ?프롬프트|\b{_ASSISTANT}\b|인공지능|어시스턴트|챗봇|언어 ?모델",
    rf"\b(?:always|only|never|must|do not|don't) (?:ever |only |always )?{_ANSWER}(?: only)?(?: with| that|,| to| the| this)\b|\b{_ANSWER} (?:only|exactly|solely)\b",
    r"\b(?:regardless|no matter|irrespective) (?:of )?(?:what|the (?:question|user|request|context)|how|who)\b",
    r"\bdo not (?:tell|inform|warn|alert|mention (?:this|it|that)|let) (?:this |it |that )?(?:to )?(?:the |any )?(?:user|customer|reader|human)s?\b|\bwithout (?:telling|informing|mentioning)\b",
    r"\bnever (?:mention|reveal|tell|disclose|admit)\b",
    r"\b(?:new|real|updated|secret|hidden|special|true) (?:instructions?|rules?|orders?|persona|identity)\b",
    r"\b(?:you must|you will|you shall) (?:now |always |only |never |obey|comply)",
    r"\b(?:cite|citation|source) (?:this|only this|\[\d+\]) (?:page|document|passage)?\b|\bas (?:the )?(?:only|official|sole) source\b",
    r"무조건|상관없이|절대로? ?(?:언급|말|알리|공개)하지 ?(?:마|말)|오직 [^.]{0,20}만",
    r"(?:사용자|고객|독자)(?:에게|한테)(?:는|도)? ?[^.!?]{0,20}(?:알리지|말하지|밝히지|언급하지) ?(?:마|말|않)",
    r"(?:라고만|로만|(?<!달)라고) ?(?:답|답변|대답|응답|말)(?:해|하)",
    r"(?:너는|넌|당신은) (?:반드시|항상|오직|절대|무조건)",
    r"(?:비밀번호|api 키|토큰|개인정보|비밀 키)[^.]{0,60}(?:보내|전송|전달|업로드)",
)  # fmt: skip
