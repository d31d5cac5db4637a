#!/bin/sh
# A sample office (示例) for trying things out: the bodies and people of samples/application.yaml. Everybody is made up.
# Run it from the repository's folder once `make up` says it is ready: sh samples/first-office.sh
# Run again, it leaves what is there as it is and adds what is missing.
set -e
songjiao=${SONGJIAO:-.venv/bin/songjiao}

known_bodies=$($songjiao organisation list --json)
known_people=$($songjiao person list --names --json)

# Whether a list holds the name: known LIST NAME. It says so where it does.
known() {
    case $1 in *"\"name\": \"$2\""*) echo "已登记过,不再登记 / exists already: $2" ;; *) return 1 ;; esac
}
body() { known "$known_bodies" "$1" || $songjiao organisation add "$@" --sample; }
person() { known "$known_people" "$1" || $songjiao person add "$@"; }

body 示例市教委 --kind municipal-education-commission
body 示例市教师发展中心 --kind municipal-teacher-development-centre --parent 示例市教委
body 示例项目办 --kind programme-office --parent 示例市教委
body 示例云溪区教委 --kind county-education-authority --parent 示例市教委
body 示例云溪区教师进修学院 --kind county-teacher-development-institute --parent 示例云溪区教委
body 示例云溪区实验小学 --kind school --parent 示例云溪区教委
body 示例石桥镇中心小学 --kind school --parent 示例云溪区教委 --rural
body 示例小学数学送培团队 --kind training-team --parent 示例云溪区教委

person 示例·何老师 --in 示例云溪区实验小学 --role host-institution --email host@example.test
person 示例·区教委 --in 示例云溪区教委 --role county-education-authority --email county@example.test
person 示例·市教委 --in 示例市教委 --role municipal-education-commission --email commission@example.test
person 示例·进修学院 --in 示例云溪区教师进修学院 --role county-teacher-development-institute --email institute@example.test
person 示例·中心 --in 示例市教师发展中心 --role municipal-teacher-development-centre --email centre@example.test
person 示例·办公室 --in 示例项目办 --role programme-office --email office@example.test
person 示例·石老师 --in 示例石桥镇中心小学 --role school --email school@example.test
person 示例·罗教研员 --in 示例小学数学送培团队 --role training-team --email team@example.test
# Records on behalf (代录) the stamped page of a head of the county who never logs in.
person 示例·区教委经办 --in 示例云溪区教委 --role clerk --email county-clerk@example.test
