Confirme que podemos enviarle aquí los avisos de {{brand.title}}
