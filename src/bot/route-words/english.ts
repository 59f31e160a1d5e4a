import type { RouteWords } from './vocabulary.ts'

const thing =
  '(?:it|this|that|them|(?:the |this |my |our )?(?:whole )?(?:picture|image|photo|pic|drawing|painting|canvas|scene|frame|background|view|format|one))'
const person = '(?:me|us|my \\p{L}+|her|him)'
const many =
  '(?:\\d+|a|one|two|three|four|five|six|seven|eight|nine|ten|some|a few|a couple of|several|more|other|different|new)'

/** English phrases by what they do; see RouteWords. */
export const english: RouteWords = {
  filler: [
    'ok(?:ay)?', 'k', 'alright', 'all right', 'great', 'nice', 'cool', 'good', 'perfect', 'wow', 'a?h?hm+', 'u[hm]+', 'oh', 'ah',
    'well', 'so', 'and', 'then', 'also', 'now', 'next', 'hey', 'hi', 'hello(?: there)?', 'please', 'pls', 'plz', 'just', 'actually',
    'yes', 'yeah', 'yep', 'no(?=,)', 'only', 'maybe', 'perhaps', 'thanks', 'thank you', 'sorry', 'but(?! (?:in|with|without|as)\\b)',
    'oops', 'whoops', 'ups', 'kindly', 'quickly', 'again,', 'instead,', 'for now', 'this time', 'simply', 'still', 'i think', 'i guess', 'i feel like', 'imo',
    "let's see", 'try to', 'go ahead and', 'feel free to', 'not sure but', 'first', 'finally', 'lastly',
  ],
  polite: [
    '(?:would|do) (?:you|u) mind', '(?:can|could|would|will|cud|wud) (?:you|u|ya|we)(?: (?:please|pls|plz|maybe|perhaps|possibly|also|kindly|just|now|then|quickly|try (?:to|and)|be able to|help me(?: to)?|go ahead and))*',
    "(?:i|we)(?:'d| would)? (?:want|need|like|love) (?:you|u) to", 'is (?:it|there) (?:possible|a way) (?:for you )?to',
    'do (?:you|u) think (?:you|u|we) (?:can|could|might)', 'any chance (?:you|u) (?:can|could)', "let's", 'lets', 'how about', 'what about', "why (?:don't|not) (?:you|we)", 'why not',
    'it would be (?:nice|great|cool|awesome|lovely) if (?:you|u) (?:can|could|would)', 'be so kind (?:and|as to)', 'do me a favou?r and',
    "i was (?:wondering|hoping) if (?:you|u) could", "i'?d appreciate it if you could", 'help me(?: to)?', 'try(?=\\s+\\p{L}+ing\\b)',
  ],
  question: [
    "what(?:'s|s|'re)?", "who(?:'s|s)?", 'whose', "where(?:'s|s)?", "why(?:'s)?", "how(?:'s|s)?", 'which', "when(?:'s)?",
    'is', 'are', 'was', 'were', 'am i', 'does', 'do (?:you|u|they|we|i|the|these|those|all|any|people)', 'did', 'should (?:i|we|it|the|there)', 'would', 'has',
    'have (?:you|u|they|we|i)', "isn't", "aren't", "wasn't", "doesn't", "didn't", "won't", 'will (?:it|this|that|the|he|she|they)', 'may i ask', 'any idea',
    'could (?:it|this|that|he|she|they) be(?= (?:a|an|the|that|printed|used|sold|shared|framed|real|true|from|my|your)\\b)', "can (?:it|this|i|the bot) (?:be used|print|use|share|sell|download)", 'wats?', 'wat', 'hows', 'whos', "can(?:'t)? (?:i|we) (?!see|have|get|please)",
    'r (?:u|you|there)',
  ],
  asking: ['do you think', 'in your opinion', 'what do you think', 'i wonder (?:if|what|why|how|whether)', 'not sure (?:if|whether)', "i'm curious"],
  telling: [
    'tell (?:me|us) (?:what|who|where|why|how|which|when|if|whether|about|more about|something|a joke|the)', 'explain', 'count', 'guess', 'identify', 'recogni[sz]e',
    'name the', 'see', 'read', 'spot', 'answer', 'compare it to', 'i (?:want|would like|\'d like|need) to know', 'tell a joke', 'recommend', 'suggest', 'list', 'translate', 'help', 'know (?:what|who|where|why|how|which|when|if)',
  ],
  suppose: ['how would', 'what would', 'what if', 'would it', 'would that', 'would a', 'imagine if'],
  handsOff: [
    "(?:no,? )?(?:please )?(?:do not|don't|dont|never) (?:change|touch|edit|make|alter|modify|draw|do|add|remove|turn|put|move|paint|generate|worry|bother|forget)",
    'no changes', 'leave (?:it|this|everything)(?: as (?:it is|is))?$', 'keep (?:it|this)(?: as (?:it is|is)| like (?:this|that))?$',
  ],
  praise: [
    'wow+', 'whoa', 'awesome', 'amazing', 'beautiful', 'gorgeous', 'perfect', 'great', 'excellent', 'brilliant', 'fantastic', 'wonderful', 'superb', 'cute', 'adorable',
    'nice(?: one| work| job)?', 'cool', 'sweet', 'neat', 'impressive', 'stunning', 'lovely', 'well done', 'good (?:job|work|one)', 'not bad', 'bravo', 'hilarious', 'funny',
    'i (?:really |absolutely |do |kinda )?(?:love|like|adore|hate|dislike) (?:it|this|that|them|the|how|your|what|these|those|one)', "love (?:it|the|this|that|how|these)", 'looks? (?:great|good|nice|amazing|awesome|perfect|fantastic|cool|lovely)',
    "exactly what i (?:wanted|needed|meant|had in mind)", "that's (?:it|the one|exactly it|great|perfect|better)", 'much better', 'better than (?:me|i|mine)', 'meh', 'so so',
    "(?:i'm )?not sure i like", 'disappoint\\w+', 'ugly', 'boring', 'terrible', 'awful', 'masterpiece', 'the best', 'well drawn', 'spot on', 'yay', 'omg', 'you rock', 'you nailed it', 'nailed it',
  ],
  talk: [
    'hi+', 'hello+', 'hey+', 'yo', 'sup', 'hiya', 'good (?:morning|evening|afternoon|night|day)', 'bye+', 'goodbye', 'see (?:you|ya)', 'cya', 'thanks?(?: you)?', 'thx', 'ty', 'cheers',
    'ok(?:ay)?', 'k', 'kk', 'yes', 'yeah', 'yep', 'yup', 'no', 'nope', 'nah', 'sure', 'fine', 'alright', 'right', 'lo+l', 'lmao', 'rofl', 'haha\\w*', 'hehe\\w*', 'hm+', 'brb', 'afk', 'gtg', 'wait', 'one (?:moment|sec|second)',
    'tell (?:me|us) a joke', 'welcome', "you're welcome", 'np', 'no problem', 'never ?mind', 'interesting', 'i see', 'got it', 'understood', 'whatever', 'test(?:ing)?', 'anyone (?:here|there)', 'sing', 'happy .*', 'have a (?:nice|good|great|lovely|wonderful) .*', 'thank(?:s| you)(?: so much| a lot| very much)? for .*', 'thank(?:s| you) (?:so much|a lot|a bunch|very much|again)', '(?:nice|good|great|pleased) to (?:meet|see|hear) .*', 'take care', 'sounds (?:good|great|fun)', 'fair enough', 'no worries', 'gotcha', 'true', 'exactly', 'indeed', 'of course', 'me too', 'agreed', 'good point', 'really', 'hold on', 'let me think.*', 'give me a (?:minute|sec|second|moment)', '(?:can|could) we (?:talk|chat).*', 'what.?s up', 'wassup', '(?:long|bad|good|busy|hard|tough|crazy|great) (?:day|week|night|morning)(?: .*)?', '(?:so|very|too) (?:tired|hungry|bored|sleepy|hot|cold)(?: .*)?', '\\d+ ?/ ?(?:5|10|100)', '\\d+ out of \\d+', '<3+', 'same', 'congrats.*', 'congratulations.*', 'cu', 'later', 'bless you', 'oops', 'whoops', 'nothing', 'none', '(?:nice|cool|great|good|lovely|funny|sad) (?:story|joke)(?: .*)?', 'my bad', 'that works(?: for me)?', 'works for me',
  ],
  statement: [
    "i(?:'m|'ve|'d|'ll)?", 'im', 'ive', 'my', 'our', 'we', "we're", 'you', "you're", 'he', 'she', 'they', 'it', "it's", 'its', 'this is', 'that is', "that's", 'thats', 'there (?:is|are|was)', 'these are', 'people', 'everyone', 'everybody', 'nobody', 'someone',
  ],

  draw: [
    `(?:re)?(?:draw|paint|sketch|render|generate|create|imagine|produce|depict|visuali[sz]e|doodle|compose|whip up|come up with|do)(?: ${person})?(?: up)?`,
  ],
  want: [
    `(?:make|build|show|give|get|bring|prepare)(?: (?:me|us))?(?: to)?`, 'gimme', 'gib', '(?:i|we)(?:\'d| would|\'ll)? (?:really |also |still |rather |now )?(?:like|love|want|need|wanna)(?: (?:to )?(?:see|have|get|make|create|start|begin|try|do)(?: with)?)?(?: (?:please|now|next))?',
    "let(?:'s| us| me) (?:see|have|do|make|try|get)", 'need', 'want', '(?:i am |i\'m |we are |we\'re )?(?:looking for|in need of)', '(?:can|could|may) (?:i|we) (?:please )?(?:see|have|get)(?: please)?', 'do', 'see', 'have', 'try', 'go for', 'i wish (?:to|for)',
  ],
  indefinite: [
    'a', 'an', 'another', 'some(?:thing)?', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', '\\d+', 'many', 'lots of', 'my (?:own|dream)',
    '(?:pictures?|images?|photos?|paintings?|drawings?|portraits?|illustrations?|wallpapers?|sketch(?:es)?|pics?)(?: of)?',
  ],
  definite: [
    'the', 'it', 'its', 'his', 'her', 'him', 'them', 'their', 'this', 'that', 'these', 'those', 'everything', 'everyone', 'all', 'each', 'every', 'both', 'more', 'less', 'fewer', 'my', 'your', 'only',
  ],
  anew: [
    'new (?:image|picture|one|scene|drawing|painting|pic|topic|subject|idea)', '(?:something|sth) (?:\\p{L}+ )?(?:different|else|new)', '(?:different|another) (?:picture|image|subject|topic|idea)', 'forget (?:this|that|it|about)',
    'next (?:one|picture|image|up)', 'from scratch', 'not this', 'start (?:over|fresh|again|anew) with', "let's do", 'lets do', 'brand new', 'start (?:with )?a new', 'begin (?:with )?a new', 'a new', 'also (?:make|draw|do|create) (?:me )?an?', '(?:image|picture|pic|photo|painting|drawing|portrait|illustration) (?:of|with|showing)',
  ],
  onto: [
    '(?:on|onto|to|for|around|over|behind|next to|beside|under|above|in front of|near|at) (?:it|him|her|them|his|its|their)', 'on top of (?:it|the)', '(?:on|onto|to|in|into|behind|next to|beside|in front of) (?:the|this|that) (?:picture|image|photo|scene|background|foreground|sky|corner|middle|center|centre|left|right|top|bottom|wall|window|head|face|shirt|door)',
    '(?:hat|cap|crown|helmet|glasses|sunglasses|moustache|mustache|beard|scarf|tie|bow ?tie|necklace|collar|wings|horns|shoes|boots|mask|backpack|ribbon|earrings?|bow|tattoo|smile|freckles|shadow) (?:on|onto|for|to|around) (?:the|my|that|this)',
  ],

  change: [
    'change', 'update', 'remove', 'add', 'replace', 'turn', 'put', 'swap', 'take (?:away|out|off|the|it|that|this|her|his)', 'get rid of', 'erase', 'delete', 'move', 'recolou?r', 'colou?r(?:i[sz]e)?', 'fix', 'blur', 'brighten', 'darken', 'lighten',
    'rotate', 'flip', 'mirror', 'shrink', 'enlarge', 'age', 'lose', 'set', 'convert', 'transform', 'adjust', 'dress', 'clean', 'insert', 'tint', 'cover', 'wrap', 'close', 'open', 'dim', 'desaturate', 'saturate', 'crop', 'cut', 'straighten',
    'edit', 'modify', 'alter', 'correct', 'repair', 'reduce', 'increase', 'raise', 'lower', 'lift', 'drop', 'switch', 'place', 'position', 'shift', 'include', 'hide', 'fill', 'apply', 'decorate', 'attach', 'style', 'restyle', 'redo the', 'bring', 'push', 'pull',
    'photoshop', 'tone', 'soften', 'smooth', 'thicken', 'lengthen', 'shorten', 'trim', 'zoom in', 'center', 'centre', 'tilt', 'bend', 'melt', 'freeze', 'light(?: up)?', 'throw in', 'toss in', 'ditch', 'drop', 'exchange', 'substitute', 'invert', 'give (?:it|him|her|them|the|this|that|his|its|their|everyone|each)',
    '(?:let|have) (?:it|him|her|them|the|this|that|his|its|their|there)', '(?:make|get) (?:it|him|her|them|the|this|that|his|its|their|her|these|those|everything|everyone|both|all|each)', 'paint (?:it|him|her|them|the|this|that|his|its|their)', 'draw (?:it|him|her|them|his|its|their)', '(?:more|less|fewer|no) \\p{L}+',
    'undress', 'shave', 'exclude', 'show (?:it|him|her|them|the)', 'use', 'try (?:it|this|that|with|without)', 'make (?:me|us)(?= (?:look|into|wear|smile|appear|more|less|\\p{L}+er\\b))', 'make (?:my|our)', 'put', 'keep (?:the|it|this|his|her|everything)', 'leave (?:the|it|his|her|out)', 'tidy', 'wash', 'spin', 'widen the', 'stretch the', 'rework', 'redesign the', 'sharpen the \\p{L}+ of',
  ],
  changeWithin: [
    '^(?:can|could|should|shall|may) (?:the|my|our|his|her|its|their|it|he|she|they|this|that|there) (?:\\p{L}+ ){0,3}?(?:be|have|wear|look|get|become|hold|sit|stand|smile|face|go|come)',
    '^(?:the|it|his|her|its|their|this|that|he|she|they|there|everything) (?:[\\p{L} ]+ )?(?:should|must|needs?|has to|have to|ought to|could use|could do with|is missing|lacks)',
    "^(?:i|we)(?: (?:really|still|do|just))? (?:want|need|prefer|wish|hope)(?: that| to see| to have| if)? (?:the|it|its|his|her|him|them|their|this|that|there|everything|more|less|fewer|no)",
    "^(?:i|we)(?:'d| would) (?:rather |really |still |also )?(?:want|like|love|prefer|see|have)(?: that| to see| to have| if| it if)? (?:the|it|its|his|her|him|them|their|this|that|there|everything|more|less|fewer|no)", "^(?:i|we)(?:'d| would) (?:rather|prefer)", "^(?:i|we) (?:don't|do not) (?:want|need|like) (?:the|any|those|these|his|her|that|this) \\p{L}+",
    '(?:would|might|could) (?:look|be|work) (?:\\p{L}+ )?(?:better|nicer|cooler|great|good|nice|cool|prettier|funnier) (?:with|in|if|on|without|as|at)', 'instead of', 'instead$', 'rather than',
  ],
  fragment: [
    'with(?:out)?', 'but (?:in|with|without|as)', 'in (?:the|a|an|his|her)', 'on (?:the|a|an)', 'at (?:the )?(?:night|dawn|dusk|sunset|sunrise|noon|home|sea|beach|\\p{L}+)', 'as (?:a|an|if)', 'like (?:a|an|in)', 'under (?:the|a)', 'during', 'no', 'more', 'less', 'fewer', 'a (?:bit|little|little bit|lot|tad|touch) (?:more|less|\\p{L}+er)', '(?:much|even|slightly|way|far) \\p{L}+er', 'no more',
    'bigger', 'smaller', 'larger', 'darker', 'brighter', 'lighter', 'warmer', 'colder', 'cooler', 'bluer', 'redder', 'greener', 'happier', 'sadder', 'younger', 'older', 'shorter', 'longer', 'closer', 'thinner', 'thicker', 'fluffier', 'scarier', 'softer', 'rounder', 'higher', 'lower', 'fatter', 'slimmer', 'cuter', 'funnier', 'prettier', 'simpler', 'cleaner', 'sunnier', 'faster', 'messier',
    'in \\p{L}+$', 'in (?:black and white|\\p{L}+ style)', '(?:(?:light|dark|pale|bright|deep|neon|pastel) )?(?:red|orange|yellow|green|blue|purple|pink|black|white|gr[ae]y|brown|gold|golden|silver) \\p{L}+$', 'wearing', 'in winter', 'minus', 'plus', 'the same,? (?:but|only|just|with|in|at|on|without)', '(?:the )?same(?: \\p{L}+)?,? (?:but|only)', '(?:less|more) \\p{L}+', 'not \\p{L}+$', 'a \\p{L}+ (?:one|version)$', '(?:black|sepia) ?(?:and|&) ?white', 'sepia', 'monochrome', 'half', 'twice',
  ],
  flaw: [
    'too(?! (?:cute|good|funny|bad|cool|much fun))', 'weird', 'wrong', 'off', 'crooked', 'missing', 'not (?:dark|bright|big|small|red|blue|green|\\p{L}+) enough', "isn't \\p{L}+ enough", 'looks? (?:strange|odd|bad|fake|blurry|unnatural)', 'deformed', 'doesn\'t (?:fit|match|belong)', 'distracting', 'in the way',
  ],
  stronger: [
    '(?:even |much |a (?:lot|bit|little|tad) |slightly |way )?(?:stronger|harder|more(?: (?:of (?:it|that|this)|intense|extreme|strongly|please))?)', '(?:make|do) it (?:a (?:bit|little|lot) |much |even )?(?:stronger|more intense|more extreme)', '(?:that\'s |it\'s |its )?(?:not|isn\'t) (?:strong |visible |much )?enough', 'too (?:weak|subtle|little)', '(?:increase|raise|turn up|up) the (?:strength|intensity|effect)', 'go further', 'push it(?: further)?', 'full strength', 'i can (?:barely|hardly) see (?:it|a difference|the change)',
  ],
  weaker: [
    '(?:even |much |a (?:lot|bit|little|tad) |slightly |way )?(?:weaker|less(?: (?:of (?:it|that|this)|intense|extreme|strong|strongly|please))?|subtler|milder|gentler|more subtle|softer effect)', '(?:make|do) it (?:a (?:bit|little|lot) |much |even )?(?:weaker|subtler|less (?:intense|extreme|strong)|more subtle)', '(?:that\'s |it\'s |its |a bit |way )?too (?:much|strong|intense|extreme|heavy)', '(?:dial|tone|turn|bring) (?:it|that|this) (?:back|down)(?: a (?:bit|little|notch))?', 'overdone', '(?:decrease|reduce|lower) the (?:strength|intensity|effect)', 'half as (?:much|strong)', 'not so (?:much|strong)',
  ],
  slightly: ['a (?:bit|little|tad|touch|notch|hair)', 'slightly', 'somewhat', 'little'],
  colour: ['(?:(?:light|dark|pale|bright|deep|neon|pastel|navy|sky) )?(?:red|orange|yellow|green|blue|purple|pink|black|white|gr[ae]y|brown|violet|turquoise|cyan|magenta|gold(?:en)?|silver|beige|teal|crimson)'],

  extend: ['extend', 'expand', 'outpaint', 'out-paint', 'uncrop', 'un-crop', 'widen', 'grow', 'stret?ch', 'continue', 'enlarge', 'broaden', 'lengthen', 'prolong'],
  side: [
    '(?:to |on |at |towards? |from )?(?:the )?(?:left|right|top|bottom|up|down|leftwards?|rightwards?|upwards?|downwards?|above|below|sideways|horizontally|vertically|outwards?|upward|downward)', '(?:on|to|in) (?:all|both|every|either|each) (?:sides?|directions?|ends?|edges?)', 'all (?:a)?round', '(?:both|all|every|two) (?:sides|directions|edges|ends)',
  ],
  canvas: [thing, '(?:the )?(?:edges?|borders?|sky|ground|floor|sides?|margins?|width|height)'],
  grow: [
    'zoom(?:ed)? (?:it |this )?(?:back|out)', '(?:pull|step|move|go|take) (?:the camera |a step )?(?:back|further away|farther away)', 'uncrop', 'out-?paint', 'reveal more', '(?:show|reveal|see|give|add|leave|i need|need|have)(?: (?:me|us))? (?:(?:some|a bit|a little) )?(?:more|extra|additional|what.?s) (?:space|room|margin|of (?:the|his|her|its|it)|to the|on the|at the|above|below|beyond|outside|canvas)',
    `what(?:'s|s| is| lies) (?:beyond|outside|past|next to) (?:the )?(?:frame|edge|border|picture|left|right|top|bottom)`, 'more (?:room|space|to the|on the (?:left|right|top|bottom|side)|at the (?:top|bottom|side|left|right)|canvas|above|below|headroom)',
    '(?:fill in|complete|finish) the (?:rest|missing part)', 'more (?:sky|ground|floor|background|surroundings)(?: please)?$', '(?:add|put) \\d+ ?(?:px|pixels?|%)', '(?:(?:let me|i want to|i would like to|show me|i need to) )?(?:see|show)(?: me)? (?:more of|what(?:\'s| is)) (?:the |to )', '(?:change|set|make) the (?:aspect )?ratio', '(?:let me|i want to|i\'d like to|i would like to) see (?:more of|what is|what\'s|the rest)', 'go (?:wider|taller|higher)', '(?:go|move|look) (?:further|farther|more) (?:to|out|up|down|left|right)', '(?:add|leave|make) (?:space|room)', '(?:make|get) the (?:canvas|frame) (?:much |a bit |a little )?(?:bigger|larger)', '(?:give|add|leave|make|need|i need|put|want|i want)(?: (?:me|it|us))? (?:some|more|extra|additional|a bit of|a little|a bit more|a little more) (?:extra |empty |free |blank |white )?(?:space|room|margin|border|padding|headroom)', '(?:fill|complete|finish)(?: in| out| up)? (?:what|the (?:part|rest|bit)).*(?:frame|edge|picture|image|border|outside|cut off)', `make ${thing} (?:a bit |a little |much )?(?:wider|taller|bigger|larger) (?:to|on|at|towards)`,
  ],
  shape: [
    `(?:(?:make|turn|change|convert|get|crop|extend|expand|widen|resize|do|have|i need|i want|need|want) )?(?:${thing} )?(?:(?:to|into|as|in|be|for) )?(?:(?:an?|the) )?(?:(?:bit|little|lot|much|even|more|twice as|slightly) )*(?:wide )?(?:wider|taller|wide|tall|square|landscape|portrait|wide ?screen|panoram\\w+|banner|vertical|horizontal|\\d{1,2} ?[:x/] ?\\d{1,2})(?: (?:format|orientation|shape|picture|image|photo|canvas|ratio|aspect ratio|banner|screen|wallpaper|angle|shot|view|mode|version|size))*(?:,? (?:\\d{1,2} ?: ?\\d{1,2}))?(?: (?:for|as|on) (?:my|a|the|our) [\\p{L} ]+)?`,
    '(?:a )?wider (?:shot|angle|view|picture|frame|crop)', '(?:to|towards) the (?:left|right|top|bottom)(?: (?:side|edge))?', 'left(?: and right)?', 'right', 'up(?:wards)?', 'down(?:wards)?', `(?:make )?${thing} (?:twice|double|\\d+ ?%|half|a third|two times) (?:as )?(?:wide|tall|high|wider|taller|higher)(?: again)?`,
    `widen(?: ${thing})?(?: (?:a bit|a little|to both sides|on both sides))?`,
  ],
  mask: [
    'inpaint', 'in-paint', '(?:draw|paint|make|set|use|edit|create|open|add) (?:a |the |my )?(?:mask|mask editor)', 'mask', '(?:mark|select|paint|brush|choose|highlight) (?:the|an|this|that) (?:area|region|part|spot|place)', 'let me (?:mark|select|brush|choose where)', 'redraw (?:only )?(?:this|that|the marked|the selected|the masked|an?) (?:area|region|part|spot)', 'brush over',
  ],

  restore: [
    'up-?scale', 'up-?res', '(?:high(?:er)?|better|full|more|increase the|low|hi) ?-?res(?:olution)?', 'hires', 'super ?-?resol\\w+', 'sharpen', 'sharper', '(?:less|not (?:so|as)|un)[- ]?(?:blurry|fuzzy|pixelated|grainy|noisy)', 'crisper', 'clearer', 'enhance(?: (?:it|this|the (?:quality|details?|picture|image|photo|resolution|sharpness)|quality|details?))?$', 'de-?noise', '(?:less|remove|reduce|get rid of|clean up|without) (?:the |any |all )?(?:noise|grain|artifacts?|artefacts?|jpeg|compression|pixelation|scratches)',
    'de-?blur', 'un-?blur', 'restore', 'restoration', '(?:fix|repair|remove|hide|smooth|blend) (?:the |that |those )?(?:visible )?(?:seams?|edges? of the mask|border of the mask|blur(?:riness)?|quality|transition)', '(?:better|improve(?: the)?|higher|increase the|raise the|boost the) (?:picture |image |photo )?quality', 'make (?:it|this|the (?:picture|image|photo)) (?:\\p{L}+ )?crisp', '(?:fix|sharpen|repair) (?:the |those |that )?(?:blurry|fuzzy|noisy|grainy|pixelated) (?:parts?|areas?|bits?|spots?|picture|image)', 'pixelated', '(?:double|triple|quadruple) (?:the )?(?:size|resolution)(?: of (?:it|this|the (?:picture|image|photo)))?',
    '(?:it\'s|its|is|looks?|bit|kinda|too|so) (?:a bit |kinda |too |very |so |a little )?(?:blurry|fuzzy|pixelated|grainy|noisy|soft|low res)', 'more details?$', 'for print(?:ing)?$', 'make (?:it|this|the (?:picture|image|photo)) (?:\\d|two|three|four) ?(?:x|times) (?:bigger|larger)',
  ],
  restoreWhole: ['(?:(?:make|turn|convert|get|upscale|render)(?: it| this| the (?:picture|image))? )?(?:in |to |into |by )?(?:u?hd|x ?[24]|[24] ?x|[248]k|hd|2x|4x)(?: (?:bigger|larger|please|size))?'],
  variations: [
    'variations?', 'variants?', 'alternatives?', 'alternate versions?', `${many} (?:\\p{L}+ )?(?:versions|takes|options)`, '(?:different|other|more) (?:versions?|takes?|options?)', '(?:\\d+|two|three|four|some|a few) more like (?:it|this|that|these)', 'slightly different', 'vary (?:it|this|that)',
  ],
  similar: [
    'similar', '(?:one|something|another(?: one)?|more|picture|image|anything) (?:just )?like (?:it|this|that)', 'same (?:vibe|mood|kind of|sort of)', 'in the same (?:style|spirit|manner)', 'along (?:these|those) lines', 'look-?alike', 'resembl\\w+', 'in this direction',
  ],
  again: [
    '(?:(?:generate|draw|make|create|show|give|paint|do)(?: me| us)? )(?:another|one more)(?: one| version| try)?', '(?:do (?:it|that) |try (?:it |that )?|once |draw (?:it )?|generate (?:it )?|run (?:it )?|and )?(?:again|once more|one more time)', '(?:yet )?another(?: one| try| go| attempt)?', '(?:just )?one more(?: time)?', '(?:a |the )?(?:second|third|fourth|different|new) (?:one|try|attempt|version|take)', 're-?generate(?: (?:it|this|that))?', 're-?roll(?: (?:it|this|that))?', 're-?draw(?: (?:it|this|that))?', 're-?do (?:it|this|the (?:picture|image|whole thing))', 're-?try',
    '(?:with )?(?:a |an )?(?:different|new|other|another|random) seed', 'same (?:thing|prompt|again|wish|picture)(?: (?:again|once more|with (?:a |another )?(?:different|new|other)? ?seed))?', 'start over', 'give it another (?:try|go|shot)',
  ],
  describe: [
    `describe(?: (?:to me|for me))?(?: (?:what you see|${thing}))?(?: (?:in detail|briefly|for me|to me|shortly|please|in (?:one|two|a few) \\p{L}+))*`, `caption(?: (?:for )?${thing})?`, `(?:write|give|make|create|need|add)(?: ${person})? (?:an? |the )?(?:short |brief |detailed |good )?(?:alt(?:ernative)?[- ]text|caption|description)(?: (?:of|for|to) ${thing}.*)?`, `tell (?:me|us) what(?:'s|s| is) (?:in|on|shown|shown in|going on in) ${thing}`, `tell (?:me|us) (?:what you see|about ${thing})(?: in ${thing})?`, `describe what(?:'s| is) (?:in|on|shown in|happening in|going on in) ${thing}`, 'alt[- ]text', 'what (?:do|can) you see(?: here| in (?:this|the) (?:picture|image|photo))?(?= in detail)', 'image description',
  ],
  subject: [
    'same (?:\\p{L}+ )?(?:character|subject|person|cat|dog|fox|guy|girl|boy|man|woman|animal|creature|toy|car|object|bird|rabbit|house|rocket|elephant|turtle|dinosaur|fish|butterfly|hero|mascot|face|style of character)', '(?:keep|using|use|with|take) (?:the|this|that|my|our|him|her|it) ?(?:\\p{L}+ )?(?:character|subject|person|toy|mascot|face|reference|as (?:a |the |my )?(?:reference|subject|model|inspiration))', 'as (?:a |the |my )?(?:reference|subject|character)',
    '(?:new|another|different) (?:picture|image|scene|setting|drawing|place|pose|situation)(?:,|:)? (?:with|of|for) (?:the same|this|that|him|her|it|my|our)', '(?:my|this|that|the|our) \\p{L}+ (?:\\p{L}+ )?in (?:a|another) (?:new|different|other) (?:picture|image|scene|setting|place)', 'put (?:him|her|it|them|this \\p{L}+|my \\p{L}+) (?:in|into) (?:a|another) (?:new|different|completely different)',
  ],
  control: [
    '(?:outlines?|contours?|line ?art|edges|pose|composition|layout|structure|silhouette|shapes?) (?:of (?:this|it|the|my)|and (?:draw|make|paint|composition|pose|layout)|but|from|as|stays?)', '(?:keep|follow|use|same|trace|along|take|reuse|preserve) (?:the |its |this |these )?(?:same )?(?:outlines?|contours?|line ?art|edges|pose|composition|layout|structure|silhouette|sketch|drawing as)', '(?:this|the|my) (?:sketch|line ?art|doodle|scribble|outline) (?:as|into|to)', 'control ?net',
  ],

  story: [
    '(?:short |bedtime |funny |little |picture |illustrated |adventure |love |children\'s |kids? |scary |fairy )*stor(?:y|ies)', 'story ?book', '(?:picture|children\'s|childrens|kids\'?|illustrated|bedtime) book', 'comic(?: strip| book)?', 'fairy ?tale', 'graphic novel', 'tale', 'photo ?novel', 'manga (?:about|page|strip)',
  ],
  redrawPage: ['(?:page|panel|chapter|picture|illustration) (?:no\\.? ?|number ?|#)?(?:\\d+|one|two|three|four|five|six)', '(?:the )?(?:first|second|third|fourth|fifth|sixth|last) (?:page|panel|picture of the story|illustration)'],
  illustrate: [
    'illustrate', '(?:add|put|insert|find|make|draw|create|place|give me|generate)(?: (?:some|fitting|suitable|nice|the|matching|a few))* (?:pictures|illustrations|images|drawings) (?:to|into|in|for|with|at)', 'illustrations? for',
  ],
  pastedText: ['(?:this|the|my|our|following|below) (?:\\p{L}+ )?(?:text|story|article|poem|paragraph|chapter|passage|blog ?post|essay|report|fable|song|lyrics|recipe|speech|letter)', 'the following', 'text below', 'this:', '(?:it|them):', '(?:text|poem|story|article|paragraph|essay):'],
  design: ['(?:re)?design', 'come up with', 'mock ?up', 'brand', 'invent', 'conceptuali[sz]e'],
  logo: ['logos?', 'emblem', 'app icon', 'brand mark', 'wordmark'],
  poster: ['posters?', 'flyers?', 'fliers?', 'leaflet', 'book cover', 'album cover', 'banner ad', 'invitation(?: card)?', 'billboard', 'placard'],
  shirt: ['t-?\\s?shirts?', 'tees?', 'shirt (?:design|print)', 'hoodie', 'tank top', 'merch'],
  infographic: ['info ?-?graphics?', 'info-?chart', 'explainer graphic', 'diagram (?:about|of|explaining)'],
  fashion: ['fashion', 'dress(?:es)?', 'coat', 'jacket', 'outfit', 'suit', 'skirt', 'sneakers?', 'gown', 'clothes', 'clothing', 'costume', 'handbag', 'sweater', 'evening wear', 'shoes?', 'jewell?ery', 'necklace', 'uniform'],
  gameCharacter: ['game (?:character|hero|sprite|boss|avatar)', 'character (?:design|concept|sheet)', '(?:rpg|video ?game|rpg game|d&d|dnd|jrpg|platformer) (?:character|hero|boss|class|npc)', 'npc', 'boss for (?:a|my|our) game', 'character for (?:a|my|our|an) (?:\\p{L}+ )?(?:game|rpg)', 'playable character', '(?:main )?character (?:of|in) (?:my|our|a) game', '(?:hero|villain|mascot|enemy|boss) (?:of|for|in) (?:my|our|a) (?:\\p{L}+ )?game', 'final boss'],

  undo: [
    'undo(?: (?:it|that|this|the|last|my|change|edit|step|please|twice|once|thrice|both|all|everything|\\d+|times|more|two|three|four|changes|edits|steps|one))*', '(?:go|step|move|take me|bring me) back(?: .*)?', '(?:change|turn|switch|put|set|bring|take|get) (?:it|this|that|everything) back(?: (?:to )?(?:(?:the|how|what|like|as|my) .*|normal))?', 'revert(?: .*)?', 'roll ?back(?: .*)?', 'back(?: (?:one|two|three|\\d+|a)(?: (?:steps?|versions?))?)?', 'back to (?:the |how |what |where |my )?(?:.*)', 'take (?:that|it|this|the last (?:change|edit|step)) back', 'take back (?:that|the last \\p{L}+)',
    'i (?:liked|preferred|like|prefer) (?:the )?(?:previous|earlier|last|old|first|original|other|one before)(?: (?:one|version|picture|image))?(?: (?:better|more))?', '(?:the )?(?:previous|earlier|old|last) (?:one|version)(?: (?:was|is|looked) (?:better|nicer))?', 'restore the (?:previous|last|old|earlier|original) (?:one|version|picture|image)?', 'reset(?: (?:it|to .*|the picture|everything|all))?', '(?:it|that) was better before', 'ctrl ?\\+? ?z', 'get the (?:old|previous|original) (?:one|version|picture) back', 'un-?do everything', '(?:(?:i want|i need|give me|get me|get|can i have|i\'d like|let me have) )(?:the |my )?(?:old|previous|last|earlier|original|first) (?:one|version|picture|image)(?: back)?', 'return(?: to .*)?', '(?:cancel|remove|drop) (?:the|that|my) last (?:change|edit|step)', 'discard (?:that|the last|this) ?(?:change|edit)?', 'forget (?:that|the last) (?:change|edit)',
  ],
  original: ['original', 'beginning', 'very first', 'first (?:one|picture|version|image)', 'everything', 'all (?:changes|edits|of it|of them)', 'start', 'reset'],
  redo: [
    're-?do(?: (?:it|that|this|the|last|change|edit|step|undo|undone|one|my|\\d+|two|three|changes|edits|steps|please))*', 'un-?undo', '(?:bring|put|get) back (?:the|that|my) (?:\\p{L}+ )?(?:change|edit|version)(?: .*)?', '(?:bring|put|get) (?:the|that|my) (?:\\p{L}+ )?(?:change|edit|version) back', '(?:go|step|move) forward(?:s)?(?: .*)?', 'forward(?:s)?(?: again| one| (?:one|two|\\d+) steps?)?', 'undo the undo', "(?:i changed my mind, )?re-?apply (?:it|that|the (?:last )?(?:change|edit))", 'ctrl ?\\+? ?y',
  ],
  cancel: ['(?:please )?(?:stop|cancel|abort|halt|quit)(?: (?:it|that|this|now|drawing|generating|everything|the job|the drawing|please|all|working|painting|right there|the (?:current )?(?:job|edit|picture|request)))*', 'never mind,? (?:stop|cancel)', 'stop it', 'forget it', "don't bother"],
  compare: [
    'compare(?: .*)?', '(?:(?:can|could|may|let) (?:i|we|me|us) )?(?:show|see|view|display|give|have)?(?: me)?(?: (?:the|both|them|a|us))* ?(?:before ?(?:and|/|&|vs\\.?) ?after)(?: .*)?', '(?:.* )?side[- ]by[- ]side(?: .*)?', "(?:show|see)(?: me)? (?:the )?(?:difference|differences)(?: .*)?", 'difference (?:to|with|from|between) .*', 'show (?:me )?both(?: versions)?', '(?:show|put|place)(?: me)? (?:the )?(?:original|old|new|previous|first|last|both)(?: \\p{L}+)? (?:next to|beside|against|and) .*', 'before after',
  ],
  recipe: [
    '(?:show|give|tell|send|see|print)(?: (?:me|us))?(?: (?:the|your|its|all))* (?:exact |full |used )?(?:prompt|recipe|seed|settings|parameters|metadata)(?: .*)?', '(?:what|which)(?:\'s|s| is| was| were| are)?(?: (?:the|your|its|exact))* (?:prompt|seed|recipe|sampler|settings|parameters|model)(?: .*)?', '(?:prompt|recipe|seed)', 'how many steps (?:did|were|was) .*',
  ],
  help: [
    'help(?: me)?(?: .{0,20})?', 'what (?:can|could) (?:you|u|i|this bot|the bot|it|this) (?:all )?do(?: (?:here|for me|with (?:you|this|it)))?', "how (?:do|does|can) (?:i use )?(?:this|it|you|the bot|this bot|i use (?:this|it|you))(?: work)?", 'how (?:do|can) i use (?:this|it|you|the bot|this bot).*', 'commands', 'what (?:are|is) (?:the|your) (?:commands|features|abilities|options|instructions)', '(?:show|list)(?: me)?(?: (?:the|all|your))* (?:commands|help|features|options)', '(?:instructions|manual|tutorial|usage)', 'what are you able to do', 'how to use (?:this|you|it).*', 'get started',
  ],
  branch: [
    '(?:start |make |create |open |new )?(?:a )?(?:new )?branch(?: .*)?', 'fork(?: .*)?', 'keep (?:this|it|that)(?: \\p{L}+)? (?:and|but) (?:try|start|do|explore|go)(?: .*)?', '(?:.* )?(?:try|go|explore) (?:something else|another (?:direction|way|path|route)|a different (?:direction|way|path|route)) from (?:here|this)(?: .*)?',
  ],
} // prettier-ignore
