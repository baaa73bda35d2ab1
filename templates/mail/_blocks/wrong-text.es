¿Hay algún error o este aviso no le corresponde? Díganoslo aquí y lo revisaremos: {{answer_url}}
