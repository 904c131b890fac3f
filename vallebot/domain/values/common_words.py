"""Everyday words that are neither personal names nor streets, folded."""

from __future__ import annotations

from vallebot.domain.values.tokens import word_set

#: What professionals sell and what they are.
TRADE_WORDS = word_set("""
masaje masajes yoga pilates reflexologia manicura uñas corte color pelo ingles terapia kinesiologia kine
nutricion entrenamiento funcional peluqueria depilacion psicologa psicologo kinesiologa kinesiologo
nutricionista entrenador entrenadora masajista manicurista peluquera peluquero medico medica terapeuta
""")

#: For whom something is asked.
KIN_WORDS = word_set("""
mama papa madre padre hijo hija hermana hermano abuela abuelo tia tio esposa esposo marido amiga amigo prima
primo nieta nieto hermanita vecina vecino
""")

#: People by kinship, age or role ('soy la mamá de Juan', 'corte para mi nene').
PEOPLE_WORDS = KIN_WORDS | word_set("""
mujer novia novio nene nena secretaria jefa jefe nueva nuevo vieja viejo persona gente chica chico bebe
""")

#: Grammar, courtesy, asking, time, money, everyday matters.
EVERYDAY_WORDS = word_set("""
alergica alergico diabetica diabetico hipertensa celiaca celiaco vegana vegano vegetariana vegetariano zurda
sorda jubilada jubilado estudiante principiante monotributista urgente importante verdad posible necesario
obligatorio igual lejos gratis caro cara barato hola holis buenas buenos buen buena dia dias tardes noches
noche tarde mañana manana hoy ayer ahora luego despues antes siempre nunca si no nop nah dale ok oka okey
listo bueno bien mal genial perfecto barbaro joya gracias porfa favor por obvio claro seguro quiero quisiera
queria kiero necesito puedo podes podria podrias tengo tenes tiene tienen hay haces hace hacen hago soy sos es
somos son era fue estoy estas esta estan voy vas va vamos ir ver saber pedir sacar reservar cancelar cambiar
pasar mover confirmar confirmo anotar anotame anotate inscribir turno turnos cita clase clases sesion sesiones
consulta consultas servicio servicios lugar lugares cupo horario horarios hora horas minutos pago pague pagar
transferencia transferi efectivo comprobante precio cuanto cuesta sale vale pesos lucas mil plata alias cbu
lunes martes miercoles jueves viernes sabado domingo finde semana mes año proximo proxima enero febrero marzo
mayo junio agosto septiembre setiembre octubre noviembre diciembre yo vos tu el ella ellos ellas nosotros
usted ustedes me te se lo le les nos mi mis tus su sus un una uno unos unas este ese esa eso esto esos esas
que quien cual cuales como cuando donde porque xq pq para pa xa con sin en a al ante entre hasta desde sobre
pero o ni ya muy mas menos tan tanto también tambien tmb solo nada todo todos todas algo alguien nadie otro
otra otros otras mismo misma cada cualquiera primero primera segundo segunda tercero tercera ultimo ultima
cuarto quinto opcion numero nro dos tres cuatro cinco seis siete ocho nueve diez nombre nombres apellido
apellidos llamo llama llaman completo dni telefono celular mail email correo direccion calle paciente clienta
cliente alumna alumno profe profesor profesora doctora doctor dra dr sra sr señora señor lic licenciada doc
ayuda ayudame disculpa disculpe perdon che jaja jajaja jeje jajajaja eh ah mmm emm uy ay robot bot maquina
humano humana whatsapp mensaje audio foto capaz quizas quiza talvez depende igual casi aca ahi alla alli aqui
cerca lejos temprano espera esperame dejame dejalo deja olvidalo chau adios saludos besos abrazo se sabes sabe
digo dijo dice decis decime pregunto consulto queres querés prefiero prefiere prefieres mejor peor gusta
gustaria interesa domicilio consultorio online virtual presencial zoom casa oficina gimnasio argentino
argentina embarazada mayor menor medio media grande chiquita chiquito feliz contenta contento apurada apurado
libre disponible ninguno ninguna ambos ambas alguno alguna varios varias mucho mucha muchos muchas poco poca
asi aun sea ser sido estar estaba estaria seria haya he ha han habia debo debe quede queda quedo quedamos
llego llegue llegar salgo salir vengo venir vine fui iba volver vuelvo ando anda hice hizo dije mande mando
envio envie tarjeta credito debito mercado deposito plazo cuota cuotas factura recibo cancelo cancelado
cancela reprogramar agenda agendar agendame reserva reservame disponibilidad dolor duele cabeza espalda cuello
rodilla cosa cosas tema problema problemas duda dudas pregunta preguntas info informacion
""")

#: Words that are no names: a word here ends a name or keeps a bare text from being one.
COMMON_WORDS = EVERYDAY_WORDS | TRADE_WORDS | PEOPLE_WORDS
