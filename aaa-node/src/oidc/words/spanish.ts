import type { SignInWords } from './english.ts';

export const spanish: SignInWords = {
  lang: 'es',
  signIn: 'Iniciar sesión',
  login: 'Usuario',
  password: 'Contraseña',
  cancel: 'Cancelar',
  wrong: 'El usuario o la contraseña no es correcto. Inténtelo de nuevo.',
  wait: 'Han fallado demasiados intentos. Espere un cuarto de hora e inténtelo de nuevo.',
  over: 'Demasiado tarde',
  overText: 'Este inicio de sesión ha terminado. Vuelva a la aplicación y empiece de nuevo.',
  letIn: '¿Dejar entrar a esta aplicación?',
  allow: 'Permitir',
  anApp: 'Una aplicación',
  asks: {
    bills: 'pide ver sus cargas y facturas. No puede cargar ni pagar.',
    device:
      'pide que este dispositivo firme por sus cargas. Desde entonces puede aceptar los precios que le muestre una estación.',
    booking:
      'pide reservar puntos de carga para usted y devolverlos. Lo que cuesta una reserva lo paga su compañía; no puede cargar.',
    offline:
      'pide guardar fichas con las que este teléfono carga donde no hay red. Para cada una se reserva dinero; antes usted acepta su precio.',
    statement: 'pide ver su parte de las cargas de sus estaciones. No puede cambiar nada.',
  },
  connect: 'Conectar un dispositivo',
  codeWrong: 'Ese código no se conoce o ya se usó. Compruébelo e inténtelo de nuevo.',
  codeAsked: 'Introduzca el código que muestra el dispositivo.',
  goOn: 'Continuar',
  yours: '¿Es este su dispositivo?',
  yoursText: 'pide iniciar sesión con su cuenta. Debe mostrar este código:',
  ifNot: 'Si no lo muestra, o usted no lo ha pedido, elija «Cancelar».',
  signedIn: 'Sesión iniciada',
  deviceSignedIn: 'El dispositivo ha iniciado sesión. Puede cerrar esta página.',
  failed: 'No ha funcionado',
  startAgain: 'Vuelva a la aplicación y empiece de nuevo.',
};
