name: ${name}
%{ for u in users ~}
  - ${u}
%{ endfor ~}
  %{ if length(users) > 1 }
many
  %{ endif ~}
end