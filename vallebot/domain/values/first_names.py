"""First names common in Argentina and what people call their bearers.

Hand-written. Used to tell a name from a word ('abril' who pays, 'sol' who books) and a different name from a typo
('Mario' is not a misspelt 'María'). All entries are folded (lower case, no accents, 'ñ' kept).
"""

from __future__ import annotations

from vallebot.domain.values.tokens import word_set

FIRST_NAMES = word_set("""
abel abigail abril adela adelina adolfo adrian adriana agostina agustin agustina aida ailen aitana alan alba
alberto aldana aldo alejandra alejandro alejo alfonsina alfonso alfredo alicia alma alvaro amadeo amalia
amanda amelia amparo ana anabel anabella analia ananda anahi andrea andres angel angela angeles angelica
angelina anibal antonela antonella antonia antonio araceli ariadna ariana ariel arturo augusto aurora axel
azul barbara bastian bautista beatriz belen benicio benjamin berenice bernarda bernardo betina bianca blanca
braian brenda brian briana brisa bruna bruno camila camilo candela candelaria carina carla carlos carmela
carmen carola carolina catalina catalino cecilia celeste celia celina cesar charo christian cintia cynthia
cinthia ciro clara clarisa claudia claudio clementina clara clotilde constanza cora corina cristal cristian
cristiano cristina cristobal dafne daiana daiara dalila dalma damian daniel daniela danilo dante dario david
debora delfina delia demian denis denise diana diego dina dolores dora dylan edgar edgardo edith eduarda
eduardo efrain elena eleonora elias elisa elisabet elizabeth elsa elvira emanuel emilce emilia emiliano emilio
emma enrique enzo eric erica erika ernestina ernesto esmeralda esperanza esteban estefania estela estella
ester esther eugenia eugenio eva evangelina evelin evelina evelyn ezequiel fabian fabiana fabio fabricio
facundo fatima federica federico felicitas felipe felix fermin fernanda fernando fidel fiorella flavia flavio
flora florencia florentina francesca francisca francisco franco gabriel gabriela gael gaspar gaston genaro
georgina geraldine gerardo german gianina gianluca gilda gimena gina gisela giselle giuliana gladys gloria
gonzalo graciela gregorio griselda guadalupe guido guillermina guillermo gustavo hebe hector helena heriberto
hernan hilda horacio hugo humberto ian ignacia ignacio ines ingrid inti irene iris irma isaac isabel isabella
isaias isidro ismael ivan ivana ivonne jacinto jacqueline jaime javier jazmin jenifer jennifer jeremias
jeronimo jesica jessica jesus jimena joaquin joaquina joel johana johanna jonas jonatan jonathan jordan jorge
jorgelina jose josefa josefina juan juana julia julian juliana julieta julio justina justo karen karina karla
katia katherine kevin lara laura lautaro lazaro leandro leila lena leo leonardo leonel leonor leopoldo leticia
lia lidia ligia lila lilia lilian liliana lisandro lola lorena lorenzo lourdes lucas lucia luciana luciano
lucila lucio lucrecia ludmila luis luisa luisina luz macarena magali magdalena maia maira malena manuel
manuela mara marcela marcelo marcia marco marcos margarita maria mariana mariano mariel mariela marilina
marina mario marisa marisol maristela marta martha martin martina mateo matias matilde mauricio mauro max
maxima maximiliano maximo maya melanie melina melisa melissa mercedes mia micaela miguel mijail mila milagros
milena milton mirella miriam mirian mirta misael moira monica morena nadia nadina nahir nahuel nair nancy
naomi narella nazarena nazareno nelida nelly nelson nerea nestor nicanor nicolas nicole nilda noelia noemi
nora norberto norma octavio ofelia olga olivia omar oriana orlando oscar osvaldo pablo pamela paloma paola
patricia patricio paula paulina paulo pedro penelope perla pia pilar priscila rafael rafaela ramiro ramon
ramona raquel raul rebeca regina renata renzo ricardo rita roberta roberto rocio rodolfo rodrigo rogelio
romina roman romeo roque rosa rosana rosalia rosario roxana ruben rufina ruth sabrina salvador samanta
samantha samuel sandra santiago santino sara saul sebastian selena selva serena sergio silvana silvia silvina
silvio simon sofia sol solana soledad sonia soraya stella stefania susana tadeo tamara tania tatiana telma
teodoro teresa teresita tiago thiago tiziana tobias tomas trinidad ulises uma uriel ursula valentin valentina
valentino valeria vanesa vanina ventura vera veronica vicente victor victoria vilma violeta virginia viviana
walter wanda wilson xavier xiomara yael yamila yanina yesica yolanda zaira zoe zulema
""")

_NICKNAMES = """
agus:agustin|agustina ale:alejandro|alejandra|alexis andy:andres|andrea ani:ana|analia|anahi ayi:ailen
bea:beatriz belu:belen benja:benjamin berto:alberto|roberto|norberto beti:beatriz
beto:alberto|roberto|norberto|humberto|heriberto betty:beatriz brayan:brian|bryan cacho:oscar|carlos
cande:candela|candelaria caro:carolina|carola cata:catalina ceci:cecilia chabe:isabel chabela:isabel
charli:carlos charly:carlos checho:sergio chechu:cecilia chelo:marcelo chuchi:jesus clau:claudia|claudio
colo:nicolas coti:constanza cris:cristina|cristian|christian cristi:cristina dani:daniel|daniela
dany:daniel|daniela debi:debora delfi:delfina dolo:dolores edu:eduardo
eli:elisa|elisabet|elizabeth|eliana|elias emi:emilia|emilio|emiliano estefi:estefania|stefania
euge:eugenia|eugenio eze:ezequiel fabi:fabian|fabiana facu:facundo fati:fatima fede:federico|federica
fer:fernando|fernanda fito:adolfo|rodolfo flor:florencia|flora fran:francisco|francisca|franco
gabi:gabriel|gabriela gaby:gabriel|gabriela gasti:gaston gera:gerardo gime:gimena gise:gisela|giselle
gonza:gonzalo goyo:gregorio guada:guadalupe guille:guillermo|guillermina gus:gustavo ine:ines
isa:isabel|isabella ivi:ivana javi:javier jaz:jazmin jesi:jesica|jessica|yesica jime:jimena joaco:joaquin
joni:jonatan|jonathan jony:jonatan|jonathan jor:jorge|jorgelina juampi:juan_pablo|juan_pedro juampy:juan_pablo
juanca:juan_carlos juanchi:juan juancho:juan juanfe:juan_felipe juanfra:juan_francisco
juani:juan_ignacio|juana|juan juanjo:juan_jose juanma:juan_manuel|juan_martin
juli:julia|julian|julieta|juliana|julio july:julia|julieta|juliana kike:enrique lalo:eduardo lau:laura|lautaro
lauri:laura leo:leonardo|leandro|leonel lili:liliana|lilian|lidia lola:dolores|lorena lolo:lorenzo lore:lorena
lu:lucia|luciana|lucila|luz|luisa luchi:lucia|luciana|lucila luci:lucia|luciana|lucila|luciano
lucho:luis|luciano|lucio luli:lucia|luciana lupe:guadalupe maca:macarena mafe:maria_fernanda magu:magdalena
magui:magdalena|magali|margarita mai:maia|maira maite:maria_teresa majo:maria_jose
malu:maria_luz|maria_luisa|maria_lujan manolo:manuel manu:manuel|manuela|emanuel marce:marcela|marcelo
marga:margarita mari:maria|mariana|maricel|mariela|marina marian:mariana|mariano
marilu:maria_luisa|maria_lucia maripi:maria_pia|maria_pilar marita:maria|marta
maru:maria|mariana|maria_eugenia|marina mary:maria mati:matias maty:matias mauri:mauricio|mauro
maxi:maximiliano|maximo mecha:mercedes meche:mercedes mechi:mercedes mechita:mercedes mechu:mercedes
meli:melina|melisa|melissa|melanie memo:guillermo mica:micaela migue:miguel mili:milagros|milena
mimi:noemi|miriam moncho:ramon moni:monica nachi:ignacia nacho:ignacio nando:fernando nati:natalia|natividad
naty:natalia nico:nicolas noe:noelia|noemi pacha:francisca paco:francisco pancha:francisca pancho:francisco
pao:paola paoli:paola pato:patricia|patricio patri:patricia|patricio pau:paula|paulina|paulo
pepa:josefa|josefina pepe:jose pepi:jose|josefina pili:pilar pipo:felipe pola:paola poldo:leopoldo
quique:enrique quiqui:enrique rafa:rafael|rafaela rama:ramiro rami:ramiro richard:ricardo richi:ricardo
ricky:ricardo ro:rocio|romina|rosario|rosa rober:roberto robert:roberto rochi:rocio rodo:rodolfo rodri:rodrigo
romi:romina rosi:rosa|rosana|rosario|rosalia rubi:ruben sabri:sabrina sami:samuel|samanta|samantha
sandri:sandra santi:santiago|santino seba:sebastian sergi:sergio sil:silvia|silvina|silvana
silvi:silvia|silvina|silvana sofi:sofia sofy:sofia sol:soledad|solana sole:soledad stefi:stefania|estefania
stefy:stefania|estefania susi:susana susy:susana tami:tamara tati:tatiana tefi:estefania|stefania tere:teresa
tincho:martin tito:alberto|roberto|ernesto tomi:tomas toni:antonio tony:antonio toño:antonio trini:trinidad
vale:valeria|valentina|valentin valen:valentina|valentin|valentino vani:vanesa|vanina vero:veronica
vicki:victoria vicky:victoria|virginia viky:victoria viqui:victoria vir:virginia virgi:virginia vivi:viviana
wally:walter yami:yamila yani:yanina yesi:yesica|jesica|jessica yoli:yolanda zule:zulema
"""

#: nickname -> first names it stands for; 'juan pablo' means both words. Endings -ito/-ita and clipped forms
#: ('floren') are understood by rule in matching; here stands what no rule would find, or would find too little.
NICKNAMES: dict[str, tuple[str, ...]] = {
    nick: tuple(names.replace("_", " ").split("|"))
    for nick, names in (entry.split(":") for entry in _NICKNAMES.split())
}
