"""Compares the derived constants of small models with MuJoCo's: inverse weights, reference lengths, length ranges, springs.

usage: compare_constants.py DUMP [NAME...]      DUMP is the program tests/dump_model.c
"""
from compare_features import MODELS as FEATURES, compare_all

GEOM = '<geom type="capsule" fromto="0 0 0 .1 .2 .3" size=".05"/>'
MODELS = {}

MODELS["joints"] = f'''<mujoco><worldbody>
  <body pos="0 0 1"><freejoint/>{GEOM}
    <body pos=".1 .2 .3" euler="10 20 30"><joint type="ball" armature=".01"/>{GEOM}
      <body pos=".1 .2 .3"><joint type="slide" axis="1 2 3" ref=".1"/><joint type="hinge" axis="0 1 1" pos=".1 0 0" ref="20"/>{GEOM}</body></body>
    <body pos=".1 -.2 .3"><joint type="hinge" axis="0 1 0"/><joint type="hinge" axis="0 0 1"/>{GEOM}<body pos=".1 .2 .3">{GEOM}</body></body></body>
  <body pos="2 0 1"><joint type="ball"/>{GEOM}</body>
  <body pos="3 0 1"><joint type="slide" axis="1 0 0"/><joint type="slide" axis="0 1 0"/><joint type="slide" axis="0 0 1"/><geom size=".1"/></body>
  <body pos="4 0 1"><joint type="slide" axis="1 0 0"/><joint type="slide" axis="0 1 1"/><geom size=".1"/></body>
  <body pos="5 0 1"><freejoint/><geom type="box" size=".1 .2 .3"/></body>
  <body pos="6 0 1">{GEOM}<body pos="0 0 1"><joint type="slide" axis="0 0 1"/><geom size=".1"/></body></body>
  <geom type="plane" size="3 3 .1"/></worldbody></mujoco>'''

MODELS["springs"] = f'''<mujoco><worldbody>
  <body pos="0 0 1"><joint name="a" type="hinge" axis="0 1 0" springdamper=".2 .7"/>{GEOM}<site name="s0" pos=".1 0 0"/>
    <body pos=".3 0 0"><joint name="b" type="ball" springdamper=".5 1"/>{GEOM}<site name="s1" pos=".1 .1 0"/>
      <body pos=".3 0 0"><joint name="c" type="hinge" axis="0 1 1" springref="30" ref="10" stiffness="3" damping=".1"/>{GEOM}<site name="s2" pos=".1 0 .1"/></body></body></body>
  <body pos="2 0 1"><joint type="free" springdamper=".3 1.2"/>{GEOM}</body></worldbody>
  <tendon><spatial name="t0" stiffness="10"><site site="s0"/><site site="s1"/><site site="s2"/></spatial>
    <spatial name="t1" stiffness="10" springlength=".1 .2"><site site="s0"/><site site="s2"/></spatial>
    <fixed name="t2" stiffness="1" armature=".3"><joint joint="a" coef="2"/><joint joint="c" coef="-1"/></fixed>
    <spatial name="t3" armature=".2"><site site="s0"/><site site="s1"/><pulley divisor="2"/><site site="s1"/><site site="s2"/></spatial></tendon>
  <actuator><position joint="a" kp="20" dampratio="1"/><position joint="c" kp="5" dampratio=".7"/><position tendon="t2" kp="9" dampratio="1.5"/>
    <motor joint="b" gear="1 2 3"/><motor tendon="t0" gear="2"/><motor jointinparent="b" gear="0 1 0"/></actuator></mujoco>'''

ARM = '''<worldbody><geom name="wrap" type="sphere" size=".04" pos="0 0 1"/><site name="o" pos="-.15 0 1.05"/><site name="side" pos="0 0 1.1"/>
  <body pos="0 0 1"><joint name="e" type="hinge" axis="0 1 0" {limit}/><geom type="capsule" fromto="0 0 0 .3 0 0" size=".03"/><site name="i" pos=".12 0 .03"/>
    <body pos=".3 0 0"><joint name="w" type="hinge" axis="0 1 0" range="-60 60"/><geom type="capsule" fromto="0 0 0 .2 0 0" size=".02"/><site name="j" pos=".06 0 .02"/></body></body></worldbody>
  <tendon><spatial name="one" {tendon}><site site="o"/><geom geom="wrap" sidesite="side"/><site site="i"/></spatial>
    <spatial name="two"><site site="o"/><geom geom="wrap" sidesite="side"/><site site="i"/><site site="j"/></spatial></tendon>'''
MUSCLES = '<actuator><muscle tendon="one" {force}/><muscle tendon="two" scale="150"/><muscle joint="e" gear=".04"/><motor joint="w"/></actuator>'

MODELS["ranges"] = ('<mujoco><compiler autolimits="true"><lengthrange/></compiler>' + ARM.format(limit='range="-70 100"', tendon="")
                    + MUSCLES.format(force="") + '</mujoco>')
MODELS["ranges_options"] = ('<mujoco><option timestep=".004" gravity="1 0 -3"/><compiler><lengthrange mode="all" accel="5" maxforce="3" timeconst=".5" '
                            'timestep=".005" inttotal="6" interval="1" tolrange=".2" uselimit="true"/></compiler>'
                            + ARM.format(limit='range="-70 100" stiffness="1"', tendon='range=".1 .4"') + MUSCLES.format(force='lengthrange=".1 .3"') + '</mujoco>')
MODELS["ranges_anew"] = ('<mujoco><compiler><lengthrange useexisting="false"/></compiler>' + ARM.format(limit='range="-70 100"', tendon="")
                         + MUSCLES.format(force='lengthrange="1 2"') + '<equality><joint joint1="w" joint2="e" polycoef="0 .5 0 0 0"/></equality></mujoco>')


if __name__ == "__main__":
    compare_all({**MODELS, **{"feature_" + name: text for name, text in FEATURES.items()}}, constants=True)
