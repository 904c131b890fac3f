"""Words that say nothing about which service or whom: grammar, courtesy, asking, times."""

from __future__ import annotations

from vallebot.domain.values.common_words import COMMON_WORDS, EVERYDAY_WORDS
from vallebot.domain.values.first_names import FIRST_NAMES, NICKNAMES
from vallebot.domain.values.tokens import word_set

GRAMMAR = word_set("""
a al ante con contra de del desde en entre hacia hasta para pa por segun sin sobre tras x xa p d q k que el la
los las lo le les un una uno unos unas mi mis tu tus su sus me te se nos y e o u ni pero si no ya como cuando
donde ese esa eso esos esas este esta esto estos estas aquel aquella ahi aca alla cual cuales quien cuanto
cuanta cuantos muy mas menos tan tanto tambien tmb solo algo otro otra otros otras todo toda todos todas mismo
misma cada algun alguna alguno nada yo vos usted ustedes ella ellos nosotros porque xq pq
""")

#: Joins a noun to what tells it apart ('masaje con piedras', 'corte y color').
JOINS = word_set("de del con y o para d a en sin la el los las por x mi tu su un una")

CHATTER = word_set("""
hola holaa holis buenas buenos buen dia dias tardes noches noche che gracias porfa porfis favor please plis ok
dale bueno perdon disculpa disculpe disculpame hey ey estimada estimado saludos beso besos besitos genia genio
quiero quisiera queria kiero quiere quieren queremos querria necesito necesitaba necesitaria necesita podria
podrias puedo podes podemos puede pueden poder gustaria gusta encantaria interesa interesaba busco buscaba
ando buscando reservar reserva reservame reservarme reservo sacar saco sacame sacarme pedir pido agendar
agendame agendarme agenda anotar anotame anotarme anotate anota anotenme inscribir inscribirme inscribime
inscripcion turno turnos turnito cita lugar lugares cupo cupos hueco huecos horario horarios disponible
disponibles disponibilidad hay tenes tiene tienen tengo tenia teniamos tendrias tendras tendran haces hace
hacen haceis hago hacer hacerme hacemos haceme das dan dar darme dame cancelar cancelame cancela cambiar
cambia cambio cambiame mover pasar pasame reprogramar suspender bajar baja sumar sumame sumarme precio precios
valor vale costo cuesta cuestan sale salen saldria cobras cobra cobran esta estas estan seria es son era fue
ser siempre igual ultima ultimo vez veces anterior pasada pasado hiciste hicimos hizo hacia diste tuve tuvimos
quedo queda quedan quedaria conviene recomendas recomendo recomendaron dijeron contaron vi info informacion
saber consultar consulto pregunto preguntar pregunta confirmar confirmo confirma confirmame ver voy ir vas va
vamos vengo urgente urgencia favorcito probar empezar arrancar venir vendria libre libres coso cosa tipo onda
llamado llamada llama dice servicio servicios
""") - {"consulta"}

TIMES = word_set("""
hoy ayer mañana manana mñn pasado lunes martes miercoles jueves viernes sabado sabados domingo domingos finde
semana semanas mes meses año proximo proxima proximos siguiente viene tarde tardecita mediodia noche temprano
ahora luego despues antes hora horas hs h min minutos minuto enero febrero marzo abril mayo junio julio agosto
septiembre setiembre octubre noviembre diciembre dia dias am pm
""")

#: What comes in sessions and classes: says little beside a real name, but may be all that a service is called.
CARRIERS = word_set("sesion sesiones clase clases consulta consultas servicio tratamiento")

TITLES = word_set("""
señor señora señorita senor senora senorita sr sra srta don doña dona doc doctor doctora dr dra lic licenciada
licenciado prof profe profesor profesora paciente alumna alumno cliente clienta senorita chica chico mujer
hombre
""")

#: What one does with or for a person ('vino Matías', 'cancelale a Juampi').
_DEEDS = word_set("""
vino vinieron viene falto faltaron falta asistio asistieron pago pagaron transfirio deposito aviso avisa
avisale avisarle cancelo canceló cancelale cancelarle confirmo confirmale confirmarle llego llega debe deben
dejo mando mandale mandarle paso pidio pide pasale quiere anotala anotalo anotale inscribi inscribila sacale
saca borra borrala agrega agregala agendale agendala reservale reprogramale mandar decile preguntale cobrale
cobra registra registrale pone ponele ponela dale movele moveme movela cambiale bajala bajale llama llamala
escribile buscame busca mostrame pasame dame era es fue recien tarde presente ausente
""")

_TELLING = word_set("""
vegana vegano vegetariana vegetariano celiaca celiaco diabetica diabetico principiante
primera primero segunda segundo tercera tercero cuarto dos tres cuatro cinco seis siete ocho nueve diez online
virtual presencial zoom casa oficina gimnasio embarazada mayor menor mayores media medio grande consulta
consultas completo cabeza espalda cuello rodilla dolor
""")

SERVICE_STOPWORDS = (GRAMMAR | CHATTER | TIMES | EVERYDAY_WORDS) - _TELLING
#: Names that are also words ('abril', 'julio') stay: who asks for a person by name means the name.
PERSON_STOPWORDS = (GRAMMAR | CHATTER | TIMES | CARRIERS | TITLES | COMMON_WORDS | _DEEDS) - (
    FIRST_NAMES | NICKNAMES.keys() | {"mayo", "agosto"}
)
