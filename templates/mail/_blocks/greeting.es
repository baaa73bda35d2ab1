A la atención de {{customer.name}}:
