Su tarjeta {{event.label}} vence pronto ({{event.expires}}): actualice sus datos de pago
