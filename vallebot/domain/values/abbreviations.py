"""Chat abbreviations written out, for feature extraction: 'xq' -> 'porque', 'mñn' -> 'mañana', 'xa' -> 'para'.

Whole words only. The result is for understanding, never for showing: places in it are not places in the original.
"""

from __future__ import annotations

import re

from vallebot.domain.text import fold
from vallebot.domain.values.tokens import calm

_LEXICON = """
q:que k:que ke:que qe:que qu:que xq:porque pq:porque porq:porque xke:porque xk:porque pk:porque porke:porque
porqe:porque x:por xa:para pa:para p:para pra:para xra:para d:de dl:del dsd:desde dsde:desde hsta:hasta
asta:hasta mñn:mañana mñna:mañana mñana:mañana manana:mañana maniana:mañana mniana:mañana mnn:mañana
mna:mañana tmb:también tb:también tbn:también tmbn:también tambn:también tmbien:también tamb:también
tampco:tampoco bn:bien bno:bueno bna:buena bnas:buenas bns:buenas grax:gracias grac:gracias
gcias:gracias grs:gracias gcs:gracias grcs:gracias mchas:muchas mxas:muchas mcho:mucho muxo:mucho
xfa:por_favor xfavor:por_favor porfa:por_favor porfi:por_favor porfis:por_favor pf:por_favor pls:por_favor
plis:por_favor plz:por_favor xfis:por_favor tds:todos tdo:todo tda:toda dps:después dsp:después dspues:después
desp:después dsps:después antz:antes cm:como cmo:como cdo:cuando cnd:cuando cndo:cuando cuand:cuando dnd:donde
dde:donde dond:donde cto:cuánto cnto:cuánto qien:quien kien:quien kiero:quiero qiero:quiero kisiera:quisiera
qsiera:quisiera nec:necesito necsito:necesito ncsito:necesito ntp:no_te_preocupes nc:no_sé nose:no_sé ns:no_sé
msj:mensaje msje:mensaje mje:mensaje msg:mensaje wsp:whatsapp wpp:whatsapp wasap:whatsapp wapp:whatsapp
wp:whatsapp guasap:whatsapp tel:teléfono cel:celular num:número nro:número dir:dirección direc:dirección
lun:lunes mie:miércoles mierc:miércoles jue:jueves juev:jueves juves:jueves vie:viernes vier:viernes
sab:sábado sáb:sábado dgo:domingo finde:fin_de_semana sem:semana hr:hora hrs:horas hs:horas min:minutos
mins:minutos toy:estoy ta:está tas:estás toi:estoy aki:acá aqui:acá ahre:ahora aora:ahora ahr:ahora
ahorita:ahora hoi:hoy oy:hoy ay:hay ai:hay ola:hola holi:hola holis:hola wenas:buenas wen:buen weno:bueno
turn:turno trn:turno tno:turno turnito:turno clas:clase cons:consulta consu:consulta pso:peso psos:pesos
transf:transferencia transfe:transferencia trasf:transferencia efvo:efectivo comp:comprobante
compro:comprobante mp:mercado_pago mpago:mercado_pago dr:doctor dra:doctora lic:licenciada prof:profesor
profe:profesor dle:dale okis:ok oka:ok okey:ok okay:ok sip:sí sep:sí sii:sí nop:no nah:no vdd:verdad
aprox:aproximadamente info:información disp:disponible dispo:disponible hor:horario conf:confirmar
canc:cancelar reprog:reprogramar cumple:cumpleaños dom:domicilio consul:consultorio c/u:cada_uno s/:sin c/:con
p/:para
"""

#: Typed (folded) -> written out. Letters that are also something else ('m', 's', 'c') stay out.
ABBREVIATIONS: dict[str, str] = {
    typed: full.replace("_", " ") for typed, full in (entry.split(":") for entry in _LEXICON.split())
}

#: 'x' between numbers multiplies or groups ('2x1', '3 x semana' is per week): only between words it is 'por'.
_WORD = re.compile(r"c/u(?![^\W_])|(?<![^\W_])[csp]/(?=\s?[^\W\d_])|[^\W\d_]+")


def normalise_abbreviations(text: str) -> str:
    """`text` with the known abbreviations written out and drawn-out letters calmed ('holaaa' -> 'hola')."""
    return _WORD.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    typed = found.group()
    folded = fold(calm(typed.lower()))
    full = ABBREVIATIONS.get(folded)
    if full is None:
        return typed if calm(typed) == typed else calm(typed)
    if folded == "x" and _touches_digit(found):
        return typed
    glued = typed.endswith("/") and not found.string[found.end() :].startswith(" ")
    return full + " " if glued else full


def _touches_digit(found: re.Match[str]) -> bool:
    around = (
        found.string[max(0, found.start() - 1) : found.start()] + found.string[found.end() : found.end() + 1]
    )
    return any(char.isdigit() for char in around)
