"""The words of time as people type them, and the words that tell a date from what only looks like one.

To teach a spelling, add it to `SPELLINGS`; to teach a word, add it to the table of its kind. Keys are folded: lower
case, no accents, 'n' for 'ñ'.
"""

from __future__ import annotations

#: what people type -> the word that rules know
SPELLINGS = {
    variant: word
    for word, variants in {
        "que": "q k ke qe", "por": "x", "para": "xa pa p pra", "de": "d", "del": "dl", "con": "c",
        "manana": "mnn mnna mana mnana mananaa maniana manyana manna mñn mñna mananita matina mñnita",
        "hoy": "hoi oy hooy", "ayer": "ayr", "anteayer": "antier antes-de-ayer antiayer antayer",
        "pasado": "psado pasao", "semana": "semanas sem smana semna semanita semanitas semaan",
        "mediodia": "mediodi medidia",
        "finde": "fds weekend findes findesemana finde-semana fin-de",
        "despues": "dsp dps desp dspues despue despes dsps luego dspes", "antes": "ants ante",
        "hasta": "hta asta hsta", "desde": "dsd dsde desd", "entre": "entr", "tipo": "tpo tipoo",
        "proximo": "proxima proximos proximas prox prx siguiente siguientes sgte proxi",
        "viene": "entra entrante vienen sigue vine biene viniendo", "temprano": "tempra tempranito tempranitos",
        "pasada": "pasadas", "hs": "hrs h hr hora horas hras hors horita horitas",
        "min": "minutos minuto mins minutitos",
        "ahora": "aora ahorita ahoritita aura", "puedo": "pued puedoo", "mas": "+", "menos": "menoz",
        "las": "lss", "medianoche": "medianoxe", "ano": "anio anos anios", "mes": "meses", "dia": "dias diita diitas",
        "noche": "noches noxe nochecita", "tarde": "tardes trde tard", "siesta": "siestita",
        "tardecita": "tardesita tardecitas tardenoche", "madrugada": "madru", "excepto": "exepto salvo",
        "aprox": "aproximadamente aproximado masomenos masmenos", "ninguno": "ningun",
    }.items()
    for variant in variants.split()
}  # fmt: skip

WEEKDAYS = {
    name: day
    for day, names in enumerate((
        "lunes lun lune luness", "martes mart marts", "miercoles mie mier mierc miercole mx mierco miercol",
        "jueves jue juev jueve juevs", "viernes vie vier vierne viern viernez",
        "sabado sab saba sabados sabadito",
        "domingo dom domi domingos",
    ))
    for name in names.split()
}  # fmt: skip
#: too short or too common to be a day on their own: the grammar asks for an article, a full stop or nothing else
WEAK_WEEKDAYS = {
    "lu": 0, "ma": 1, "mar": 1, "mi": 2, "ju": 3, "vi": 4, "sa": 5, "do": 6, "vienes": 4, "mares": 1, "sabo": 5,
}  # fmt: skip

MONTHS = {
    name: month
    for month, names in enumerate((
        "enero ene ener", "febrero feb febr", "marzo marz", "abril abr", "mayo may", "junio jun",
        "julio jul", "agosto ago agos agst", "septiembre setiembre sep sept set septiembr", "octubre oct octu",
        "noviembre nov noviem", "diciembre dic dici diciem",
    ), start=1)
    for name in names.split()
}  # fmt: skip

PARTS = {
    "tarde": "tarde", "noche": "noche", "madrugada": "madrugada", "mediodia": "mediodia", "siesta": "siesta",
    "tardecita": "tardecita", "temprano": "temprano",
}  # fmt: skip

RELATIVE_DAYS = {"hoy": 0, "ayer": -1, "anteayer": -2, "pasadomanana": 2, "trasantier": -3}

NUMBERS = {
    word: number
    for number, words in enumerate((
        "cero", "un una uno", "dos", "tres", "cuatro cuatr", "cinco sinco", "seis", "siete", "ocho",
        "nueve", "diez",
        "once", "doce", "trece", "catorce", "quince", "dieciseis", "diecisiete", "dieciocho", "diecinueve",
        "veinte", "veintiuno veintiun veintiuna", "veintidos", "veintitres", "veinticuatro", "veinticinco",
        "veintiseis", "veintisiete", "veintiocho", "veintinueve",
    ))
    for word in words.split()
}  # fmt: skip
NUMBERS.update({"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60})
ORDINALS = {
    "primero": 1, "primer": 1, "primera": 1, "primeras": 1, "primeros": 1, "segundo": 2, "segunda": 2, "tercer": 3,
    "tercero": 3, "tercera": 3, "cuarta": 4, "quinta": 5, "quinto": 5, "ultimo": -1, "ultima": -1, "ultimos": -1,
    "ultimas": -1,
}  # fmt: skip
FRACTIONS = {"media": 30, "cuarto": 15, "1/2": 30, "1/4": 15}

UNITS = {
    "dia": "day", "semana": "week", "mes": "month", "ano": "year", "hs": "hour", "min": "minute",
    "quincena": "fortnight", "jornada": "day",
}  # fmt: skip

#: words that rules ask for by a tag
WORD_SETS: dict[str, frozenset[str]] = {
    tag: frozenset(words.split())
    for tag, words in {
        # things that are counted: a number before one of them is neither an hour nor a day
        "COUNTED": """persona personas sesion sesiones clase clases vez veces turno turnos peso pesos luca lucas mil
        kilo kilos kg km cuadra cuadras metro metros mts cuota cuotas alumno alumnos chico chicos chica
        chicas nene nenes hijo hijos lugar lugares cupo cupos amigo amigos amiga amigas cosa cosas
        opcion opciones punto puntos piso pisos paciente pacientes cliente clientes grado grados
        pastillas dosis palos usd dolares euros foto fotos porciento por-ciento mg ml cm litros
        entradas masajes servicios pies manos partes uno unas sesiones anos meses""",
        # the word before the name of a person: 'soy Julio', 'Dr Domingo'
        "NAMECUE": """soy llamo llama llaman nombre con sr sra senor senora don dona dr dra doctor doctora profe
        profesora profesor lic licenciada licenciado tio tia hijo hija hermano hermana marido esposo esposa
        novio novia mama papa amigo amiga paciente cliente hola gracias che senorita sobrino sobrina
        abuelo abuela nena nene era somos""",
        # the word before the name of a street or a place
        "PLACE": """calle av avda avenida ave pasaje pje plaza barrio bulevar boulevard bv blvd diagonal esquina esq
        ruta estacion hospital escuela colegio clinica sobre altura pasillo puente club cortada
        callejon rotonda parque entre-calles direccion domicilio parada""",
        # the word before a number that names something: 'piso 3', 'talle 42'
        "LABEL": """piso depto departamento dpto dto talle numero nro opcion manzana lote casa km ruta altura linea
        ramal colectivo bondi puerta oficina aula box sala consultorio local torre edificio codigo
        nivel parte capitulo dni interno unidad grupo modulo""",
        # the word before an amount or a measure: '17.30' after one of them is no hour
        "AMOUNTCUE": """sale salen cuesta cuestan pague pago pagar pagas pagaste transferi transferir transfiero
        deposite deposito total precio vale valen mide peso pesa temperatura debo debe deben cobras cobra
        cobran importe monto sena abone abono ingreso cuota fiebre presion""",
        # 'buenas tardes', 'lindo finde'
        "GREETING": """buen buena buenas buenos feliz felices lindo linda lindos lindas hermoso hermosa excelente bello
        bella bonito bonita genial gran""",
        # politeness around a goodbye: 'gracias, hasta mañana'
        "SMALLTALK": """gracias dale ok oka okey chau chao bueno buenisimo genial perfecto listo nos vemos muchas mil si
        joya besos beso abrazo saludos adios barbaro saludo de nada entonces y un igualmente bye vos
        a""",
        # verbs of moving an appointment
        "MOVE": """pasame pasar pasarme pasarlo pasala pasalo pasarla pasamelo pasemos cambiar cambiame cambiarme
        cambialo cambiarlo cambio mover moverme movelo moveme moverlo correr correme corrermelo
        correlo corramos reprogramar reprogramame reprogramarlo reprogramalo adelantar adelantarlo
        adelantame atrasar atrasarlo atrasame postergar postergarlo trasladar modificar movemos
        cambiamos cambie mueve muevas cambias pasas pasaria cambiaria postergame cambies mudar
        reagendar reagendame reagendarlo reagendalo move movela movele movelos movelas muevan muevanlo muevalo
        corre correla correle correlos corran corranlo corranme pasa pasale pasalos pasalas cambiale cambiala cambialos
        cambia cambienme adelantalo adelantale atrasalo atrasale retrasa retrasame retrasalo posterga postergalo
        trasladame trasladalo""",
        # 'el jueves no puedo'
        "CANNOT": "puedo podria podre podremos podemos llego llegamos puede pude llegaria",
        "THIS": "este esta estos estas",
        "START": "principio principios comienzo comienzos inicio inicios arranque primeros",
        "MIDDLE": "mediados mitad",
        "END": "fin fines final finales",
        "LASTWORD": "pasado pasada pasados anterior anteriores ultimo ultima ultimos ultimas previo previa",
        # names of months and days that are names of people too
        "PRONE": "abril julio domingo mayo",
    }.items()
}  # fmt: skip

#: words one typing mistake away from a word of time, yet words of their own
REAL_WORDS = frozenset(
    """lunas lunar luces luce mates marte martas mares marcos sacado salado sanado sabido domino dominio nacho
    manzana manzanas manada malana entero entera mando mazo marco marca marcha marcho maro masa gusto agoto
    agota angosto abrir abrio abri abris abria mano mayor malo juegos jugo tardo tarda tardar coche leche
    noche-buena vientos jueces viento tareas vientre siestas semanas semanal mercado lentes puentes mante
    maltes mayores junto juntos julia julian juliana juli juni junior sabana sabanas febril""".split()  # noqa: SIM905 - a table to be read and extended
)
