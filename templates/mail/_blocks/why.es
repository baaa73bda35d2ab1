Le enviamos este aviso porque {{customer.name}} tiene servicios contratados con {{brand.title}}. Puede responder a este correo: lo lee una persona.
